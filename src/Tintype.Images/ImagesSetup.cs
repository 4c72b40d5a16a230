using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Images.Data;
using Tintype.Images.Records;
using Tintype.Platform;

namespace Tintype.Images;

public static class ImagesSetup
{
    public static IServiceCollection AddImages(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddMigrations(typeof(ImagesSetup).Assembly);
        services.AddImageData();
        services.AddSingleton<ImageRepository>();
        services.AddSingleton<ImageLifecycle>();
        services.AddSingleton<ImageDeletion>();
        services.AddSingleton<IImageCatalog, ImageCatalog>();
        services.AddSingleton<ISystemImages, SystemImages>();
        return services;
    }

    public static void MapImages(this IEndpointRouteBuilder routes)
    {
        routes.MapImageData();
    }
}
