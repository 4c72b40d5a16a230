using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol.Images;

namespace Tintype.Images.Caching;

internal static class CacheEndpoints
{
    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/cache", ListAsync).RejectBody();
        api.MapDelete("/cache", ClearAsync);
        api.MapPut("/cache/{id}", EnqueueAsync);
        api.MapDelete("/cache/{id}", RemoveAsync);
        api.MapGet("/cache/nodes/{id}", NodesAsync).RejectBody();
        api.MapPost("/cache/clean", CleanAsync);
        api.MapPost("/cache/prune", PruneAsync);
    }

    private static async Task<JsonHttpResult<CacheView>> ListAsync(Caller caller, CacheControl cache, CancellationToken ct)
    {
        var (cached, queued) = await cache.ListAsync(caller, ct);
        return TypedResults.Json(new CacheView([.. cached.Select(View)], queued), ImagesJson.Default.CacheView, "application/json");
    }

    private static async Task<NoContent> ClearAsync(HttpRequest request, Caller caller, CacheControl cache, CancellationToken ct)
    {
        await cache.ClearAsync(request.Headers["x-image-cache-clear-target"].ToString().ToLowerInvariant(), caller, ct);
        return TypedResults.NoContent();
    }

    private static async Task<StatusCodeHttpResult> EnqueueAsync(string id, Caller caller, CacheControl cache, CancellationToken ct)
    {
        await cache.EnqueueAsync(id, caller, ct);
        return TypedResults.StatusCode(StatusCodes.Status202Accepted);
    }

    private static async Task<NoContent> RemoveAsync(string id, Caller caller, CacheControl cache, CancellationToken ct)
    {
        await cache.RemoveAsync(id, caller, ct);
        return TypedResults.NoContent();
    }

    private static async Task<JsonHttpResult<IReadOnlyList<string>>> NodesAsync(string id, HttpRequest request, Caller caller, CacheControl cache, CancellationToken ct)
    {
        var isCached = await cache.IsCachedAsync(id, caller, ct);
        return TypedResults.Json<IReadOnlyList<string>>(isCached ? [PublicUrl.Of(request, "/image")] : [], ImagesJson.Default.IReadOnlyListString, "application/json");
    }

    private static async Task<Ok> CleanAsync(Caller caller, CacheControl cache, CancellationToken ct)
    {
        await cache.CleanAsync(caller, ct);
        return TypedResults.Ok();
    }

    private static async Task<JsonHttpResult<PrunedView>> PruneAsync(Caller caller, CacheControl cache, CancellationToken ct)
    {
        var (files, bytes) = await cache.PruneAsync(caller, ct);
        return TypedResults.Json(new PrunedView(files, bytes), ImagesJson.Default.PrunedView, "application/json");
    }

    private static CachedImageView View(CachedImage image) => new(
        image.Id, image.ImageId, Seconds(image.LastAccessed), Seconds(image.LastModified), image.Size, image.Hits, image.Checksum);

    private static double Seconds(DateTimeOffset at) => at.ToMicroseconds() / 1e6;
}
