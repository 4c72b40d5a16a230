using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Platform;

namespace Tintype.Compute;

public static class ComputeSetup
{
    public static IServiceCollection AddCompute(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddMigrations(typeof(ComputeSetup).Assembly);
        return services;
    }

    public static void MapCompute(this IEndpointRouteBuilder routes)
    {
    }
}
