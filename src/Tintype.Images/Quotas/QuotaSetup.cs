using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tintype.Platform.Policy;
using Tintype.Protocol.Images;

namespace Tintype.Images.Quotas;

internal static class QuotaSetup
{
    public static IServiceCollection AddImageQuotas(this IServiceCollection services)
    {
        services.AddOptions<QuotaOptions>().ValidateOnStart();
        services.AddSingleton<IConfigureOptions<QuotaOptions>, QuotaConfiguration>();
        services.AddOptions<LocalQuotas>().BindConfiguration("Images").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<LocalQuotas>>().Value);
        services.AddSingleton<QuotaRepository>();
        services.AddSingleton<ImageQuotas>();
        services.AddHostedService<QuotaRecovery>();
        return services;
    }

    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void MapImageQuotas(this IEndpointRouteBuilder api) => api.MapGet("/info/usage", UsageAsync);

    private static async Task<JsonHttpResult<ImageUsageListView>> UsageAsync(Caller caller, ImageQuotas quotas, CancellationToken ct)
    {
        var usage = await quotas.UsageAsync(caller.ProjectId, ct);
        return TypedResults.Json(new ImageUsageListView(usage.ToDictionary(u => u.Key, u => new ImageUsageView(u.Value.Usage, u.Value.Limit))),
            ImagesJson.Default.ImageUsageListView, "application/json");
    }
}
