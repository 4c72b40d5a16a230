using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Platform;

namespace Tintype.Images.Uploads;

/// <summary>Resumable uploads, by the tus protocol.</summary>
internal static class UploadsSetup
{
    public static IServiceCollection AddUploads(this IServiceCollection services)
    {
        services.AddOptions<UploadOptions>().BindConfiguration("Images:Uploads").ValidateDataAnnotations().ValidateOnStart();
        services.AddBeforeRouting(TusProtocol.InvokeAsync);
        services.AddSingleton<UploadRepository>();
        services.AddSingleton<UploadFiles>();
        services.AddSingleton<UploadTurns>();
        services.AddSingleton<KeptDigests>();
        services.AddSingleton<UploadReceiver>();
        services.AddSingleton<UploadCompletion>();
        services.AddSingleton<UploadRemoval>();
        services.AddSingleton<UploadSweepSignal>();
        services.AddSingleton<ImageUploads>();
        services.AddHostedService<UploadSweep>();
        return services;
    }

    public static void MapUploads(this IEndpointRouteBuilder routes) => UploadEndpoints.Map(routes);
}
