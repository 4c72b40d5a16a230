using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Images.Caching;
using Tintype.Images.Chunks;
using Tintype.Images.Data;
using Tintype.Images.Disks;
using Tintype.Images.Import;
using Tintype.Images.Listing;
using Tintype.Images.Locations;
using Tintype.Images.Metadefs;
using Tintype.Images.Policies;
using Tintype.Images.Quotas;
using Tintype.Images.Records;
using Tintype.Images.Schemas;
using Tintype.Images.Sharing;
using Tintype.Images.Signatures;
using Tintype.Images.Sizes;
using Tintype.Images.Stores;
using Tintype.Images.Tasks;
using Tintype.Images.Uploads;
using Tintype.Images.Versions;
using Tintype.Platform;
using Tintype.Platform.Http.Browsers;

namespace Tintype.Images;

public static class ImagesSetup
{
    public static IServiceCollection AddImages(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddMigrations(typeof(ImagesSetup).Assembly);
        services.AddFaultDialect(new GlanceFaultDialect());
        services.AddBrowserFace(new BrowserFace("/image", ["GET", "PUT", "POST", "DELETE", "PATCH"],
            ["Content-MD5", "X-Image-Meta-Checksum", "X-Storage-Token", "Accept-Encoding", "X-Auth-Token", "X-Identity-Status", "X-Roles", "X-Service-Catalog", "X-User-Id", "X-Tenant-Id",
                "X-OpenStack-Request-ID"],
            ["X-Image-Meta-Checksum", "X-Auth-Token", "X-Subject-Token", "X-Service-Token", "X-OpenStack-Request-ID"]));
        services.AddBeforeRouting(VersionNegotiation.InvokeAsync);
        services.AddImageStores();
        services.AddImagePolicies();
        services.AddImageImport();
        services.AddImageQuotas();
        services.AddImageData();
        services.AddImageDisks();
        services.AddImageSignatures();
        services.AddImageLocations();
        services.AddImageCache();
        services.AddChunkCare();
        services.AddUploads();
        services.AddMetadefs();
        services.AddSingleton<ImageRepository>();
        services.AddSingleton<ImageRules>();
        services.AddSingleton<ImageLifecycle>();
        services.AddSingleton<ImageCreation>();
        services.AddSingleton<ImageChanges>();
        services.AddSingleton<ImageDeletion>();
        services.AddSingleton<ImageListing>();
        services.AddSingleton<MemberRepository>();
        services.AddSingleton<MemberRules>();
        services.AddSingleton<ImageSharing>();
        services.AddSingleton<ImageSizes>();
        services.AddSingleton<ImageTasks>();
        services.AddSingleton<LegacyImport>();
        services.AddSingleton<IImageCatalog, ImageCatalog>();
        services.AddSingleton<ISystemImages, SystemImages>();
        return services;
    }

    public static void MapImages(this IEndpointRouteBuilder routes)
    {
        // Read now: a policy that is wrong ends the start, not the first request.
        routes.ServiceProvider.GetRequiredService<ImagePolicies>();
        var api = routes.MapGroup("/image/v2");
        ListEndpoints.Map(api);
        ImageEndpoints.Map(api);
        MemberEndpoints.Map(api);
        SchemaEndpoints.Map(api);
        api.MapImageData();
        api.MapImageQuotas();
        api.MapImageStores();
        api.MapMetadefs();
        api.MapImageImport();
        api.MapImageLocations();
        api.MapImageCache();
        ImageTaskEndpoints.Map(api);
        routes.MapUploads();
        SizeEndpoints.Map(routes);
        routes.MapChunkCare();
    }
}
