using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Tintype.Images.Caching;

internal static class CacheSetup
{
    public static IServiceCollection AddImageCache(this IServiceCollection services)
    {
        services.AddOptions<CacheOptions>().BindConfiguration("Images:Cache").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<CacheRepository>();
        services.AddSingleton<ImageCache>();
        services.AddSingleton<CacheControl>();
        services.AddHostedService<CacheWorker>();
        return services;
    }

    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void MapImageCache(this IEndpointRouteBuilder api) => CacheEndpoints.Map(api);
}
