using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Images.Import.GlanceDownload;
using Tintype.Images.Import.Preparation;
using Tintype.Images.Import.WebDownload;
using Tintype.Images.Staging;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Import;

internal static class ImportSetup
{
    public static IServiceCollection AddImageImport(this IServiceCollection services)
    {
        services.AddSingleton<StagedDataRepository>();
        services.AddSingleton<StagingArea>();
        services.AddSingleton<ImageStaging>();

        services.AddOptions<DownloadOptions>().BindConfiguration("Images:WebDownload").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<DownloadRules>();
        services.AddSingleton<WebSource>();
        services.AddSingleton<WebDownloads>();
        services.AddOptions<GlanceDownloadOptions>().BindConfiguration("Images:GlanceDownload")
            .Validate(options => options.Regions.Values.All(uri => uri.IsAbsoluteUri && uri.Scheme is "http" or "https"),
                "Images:GlanceDownload:Regions has a value that is no URL of an image service, as https://glance.east.example.org is.")
            .ValidateOnStart();
        services.AddSingleton<ForwardedTokens>();
        services.AddSingleton<GlanceDownloads>();
        services.AddSingleton<ImportLifecycle>();
        services.AddSingleton<ImageImports>();
        services.AddOptions<PreparationOptions>().BindConfiguration("Images:Import").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<MetadataInjection>();
        services.AddSingleton<ImportPreparation>();
        services.AddSingleton<StoreFilling>();
        services.AddSingleton<StagedImport>();
        services.AddSingleton<StoreCopy>();
        services.AddSingleton<ITaskHandler, ImportTask>();
        return services;
    }

    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void MapImageImport(this IEndpointRouteBuilder api) => ImportEndpoints.Map(api);
}
