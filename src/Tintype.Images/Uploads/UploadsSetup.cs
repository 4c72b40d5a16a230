using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Platform;
using Tintype.Platform.Http.Browsers;

namespace Tintype.Images.Uploads;

/// <summary>Resumable uploads, by the tus protocol.</summary>
internal static class UploadsSetup
{
    public static IServiceCollection AddUploads(this IServiceCollection services)
    {
        services.AddOptions<UploadOptions>().BindConfiguration("Images:Uploads").ValidateDataAnnotations().ValidateOnStart();
        services.AddBrowserFace(new BrowserFace(TusProtocol.Root, ["POST", "HEAD", "PATCH", "DELETE"],
            ["X-Auth-Token", "X-Openstack-Request-Id", "Tus-Resumable", "Upload-Length", "Upload-Defer-Length", "Upload-Offset", "Upload-Metadata", "Upload-Checksum", "Upload-Concat",
                "X-HTTP-Method-Override", "X-Request-ID", "X-Requested-With"],
            ["Location", "Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm", "Upload-Length", "Upload-Offset", "Upload-Metadata", "Upload-Expires",
                "X-Openstack-Request-Id"], HasOptions: true));
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
