using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tintype.Images.Chunks;
using Tintype.Images.Stores.Http;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Storage.Http;

namespace Tintype.Images.Stores;

internal static class StoresSetup
{
    public static IServiceCollection AddImageStores(this IServiceCollection services)
    {
        services.AddOptions<StoreOptions>().BindConfiguration("Images").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(provider => StoreFactory.Open(
            provider.GetRequiredService<IOptions<StoreOptions>>().Value, provider.GetRequiredService<DataDirectory>(), provider.GetRequiredService<IWebClient>(),
            provider.GetRequiredService<MetadataDatabase>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ChunkIndexRepository>>()));
        services.AddSingleton<IWebClient, StoreWeb>();
        services.AddSingleton<StoreDeletion>();
        services.AddHostedService<StoreCheck>();
        return services;
    }

    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void MapImageStores(this IEndpointRouteBuilder api) => StoreEndpoints.Map(api);
}
