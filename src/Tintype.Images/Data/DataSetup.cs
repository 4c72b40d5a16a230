using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tintype.Images.Data.Blobs;
using Tintype.Images.Data.Download;
using Tintype.Images.Data.Hashing;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Data.Transport;

namespace Tintype.Images.Data;

/// <summary>The way of image data in and out, and what keeps or removes it.</summary>
internal static class DataSetup
{
    public static IServiceCollection AddImageData(this IServiceCollection services)
    {
        services.AddOptions<ImageDataOptions>().BindConfiguration("Images").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IValidateOptions<ImageDataOptions>, HashChoice>();
        services.AddSingleton<IMemoryPoolFactory<byte>, LargeBlockPoolFactory>();

        services.AddSingleton<RunningUploads>();
        services.AddSingleton<BlobRepository>();
        services.AddSingleton<IBlobReferences, BlobReferences>();
        services.AddSingleton<BlobIntake>();
        services.AddSingleton<ImageIngest>();
        services.AddSingleton<IImageIngest>(provider => provider.GetRequiredService<ImageIngest>());
        services.AddSingleton<ImageDownload>();
        services.AddSingleton<BlobReader>();
        services.AddSingleton<StoredDataReading>();
        services.AddHostedService<IngestRecovery>();
        services.AddSingleton<BlobCollector>();
        services.AddSingleton<IBlobCollectorSignal>(provider => provider.GetRequiredService<BlobCollector>());
        services.AddHostedService(provider => provider.GetRequiredService<BlobCollector>());
        return services;
    }

    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void MapImageData(this IEndpointRouteBuilder api) => DataEndpoints.Map(api);
}
