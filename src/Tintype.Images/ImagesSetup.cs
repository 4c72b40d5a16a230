using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Platform;

namespace Tintype.Images;

public static class ImagesSetup
{
    public static IServiceCollection AddImages(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddMigrations(typeof(ImagesSetup).Assembly);
        return services;
    }

    public static void MapImages(this IEndpointRouteBuilder routes)
    {
    }
}
