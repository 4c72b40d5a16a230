using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Platform;

namespace Tintype.Identity;

public static class IdentitySetup
{
    public static IServiceCollection AddIdentity(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddMigrations(typeof(IdentitySetup).Assembly);
        return services;
    }

    public static void MapIdentity(this IEndpointRouteBuilder routes)
    {
    }
}
