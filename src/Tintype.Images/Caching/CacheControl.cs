using Tintype.Images.Policies;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Caching;

/// <summary>What administrators do with the cache.</summary>
internal sealed class CacheControl(ImageCache cache, CacheRepository cached, ImageLifecycle images, ImagePolicies policies)
{
    /// <exception cref="Fault">403; 404: there is no cache.</exception>
    public async Task<(IReadOnlyList<CachedImage> Cached, IReadOnlyList<Guid> Queued)> ListAsync(Caller caller, CancellationToken ct)
    {
        Require(ImagePolicy.CacheList, caller);
        await cache.CountHitsAsync(ct);
        return (await cached.ListAsync(ct), [.. (await cached.ListQueueAsync(ct)).Select(entry => entry.ImageId)]);
    }

    /// <exception cref="Fault">403; 404: no cache, or no such image; 400: it is not active.</exception>
    public async Task EnqueueAsync(string text, Caller caller, CancellationToken ct)
    {
        var image = await FindAsync(text, caller, ct) ?? throw Unknown(text);
        Require(ImagePolicy.CacheImage, caller, image);
        if (image.Status != ImageStatus.Active)
            throw Fault.BadRequest("Only images with status active can be targeted for queueing");
        if (await cached.FindAsync(image.Id, ct) is null && !cache.IsFilling(image.Id))
            await cached.EnqueueAsync(image.Id, ct);
    }

    /// <exception cref="Fault">403; 404: no cache, or neither such an image nor anything left of it here.</exception>
    public async Task RemoveAsync(string text, Caller caller, CancellationToken ct)
    {
        var id = ImageId.Find(text);
        var image = await FindAsync(text, caller, ct);
        if (image is null && !(id is { } gone && cache.IsOn && (await cached.ListQueueAsync(ct)).Any(entry => entry.ImageId == gone)))
            throw Unknown(text);
        if (image is null)
            Require(ImagePolicy.CacheDelete, caller);
        else
            Require(ImagePolicy.CacheDelete, caller, image);
        if (await cached.FindAsync(id!.Value, ct) is { } entry)
            await cache.RemoveAsync([entry], ct);
        await cached.DequeueAsync(id.Value, ct);
    }

    /// <param name="target"><c>cache</c>, <c>queue</c>, or nothing for both.</param>
    /// <exception cref="Fault">403; 404; 400.</exception>
    public async Task ClearAsync(string target, Caller caller, CancellationToken ct)
    {
        Require(ImagePolicy.CacheDelete, caller);
        if (target is not ("" or "cache" or "queue"))
            throw Fault.BadRequest("If provided 'x-image-cache-clear-target' must be 'cache', 'queue' or empty string.");
        if (target is not "queue")
            await cache.RemoveAsync(await cached.ListAsync(ct), ct);
        if (target is not "cache")
            await cached.ClearQueueAsync(ct);
    }

    /// <summary>Whether this host, the only one there is, has the image.</summary>
    /// <exception cref="Fault">403; 404.</exception>
    public async Task<bool> IsCachedAsync(string text, Caller caller, CancellationToken ct)
    {
        Require(ImagePolicy.ListCachedNodes, caller);
        var image = await FindAsync(text, caller, ct) ?? throw Unknown(text);
        return await cached.FindAsync(image.Id, ct) is not null;
    }

    public Task CleanAsync(Caller caller, CancellationToken ct)
    {
        Require(ImagePolicy.CacheClean, caller);
        return cache.CleanAsync(atStart: false, ct);
    }

    public Task<(int Files, long Bytes)> PruneAsync(Caller caller, CancellationToken ct)
    {
        Require(ImagePolicy.CachePrune, caller);
        return cache.PruneAsync(ct);
    }

    private async Task<ImageRecord?> FindAsync(string text, Caller caller, CancellationToken ct)
    {
        if (ImageId.Find(text) is not { } id)
            return null;
        try
        {
            return await images.FindForAsync(ImageAction.Show, id, caller, ct);
        }
        catch (Fault hidden) when (hidden.Kind == FaultKind.NotFound)
        {
            return null;
        }
    }

    private void Require(PolicyRule rule, Caller caller) => Require(policies.Allows(rule, caller));

    private void Require(PolicyRule rule, Caller caller, ImageRecord image) => Require(policies.Allows(rule, caller, image));

    // Who may not is told that first, whether there is a cache or not.
    private void Require(bool allowed)
    {
        if (!allowed)
            throw Fault.Forbidden("Access was denied to this resource.");
        if (!cache.IsOn)
            throw Fault.NotFound("Caching via API is not supported at this site.");
    }

    private static Fault Unknown(string id) => Fault.NotFound($"Image {id} not found.");
}
