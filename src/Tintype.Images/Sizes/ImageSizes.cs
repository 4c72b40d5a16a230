using Tintype.Images.Data.Blobs;
using Tintype.Images.Records;
using Tintype.Images.Stores;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol.Extensions;
using Tintype.Storage;

namespace Tintype.Images.Sizes;

/// <summary>
/// Tells what an image takes. Of a store that keeps equal parts once that is a walk over all its manifests, and minutes where it holds
/// terabytes; so one is measured at a time, whoever asks.
/// </summary>
internal sealed class ImageSizes(IImageCatalog images, BlobRepository blobs, ImageStores stores) : IDisposable
{
    private readonly SemaphoreSlim _measuring = new(1, 1);

    /// <exception cref="Fault">404: no image that the caller may see.</exception>
    public async Task<ImageSizesView> MeasureAsync(Guid imageId, Caller caller, CancellationToken ct)
    {
        var image = await images.FindVisibleAsync(imageId, caller, ct) ?? throw Fault.ImageNotFound(imageId);
        var found = new List<StoreSizesView>();
        if (image is { BlobId: { } blobId, Size: { } size })
        {
            foreach (var copy in await blobs.ListCopiesAsync(blobId, ct))
            {
                var taken = await MeasureAsync(copy, size, ct);
                found.Add(new StoreSizesView(copy.Store, taken.Unique, taken.Shared));
            }
        }

        return new ImageSizesView(imageId, image.VirtualSize, image.Size, found.Sum(s => s.Unique), found.Sum(s => s.Shared), found);
    }

    public void Dispose() => _measuring.Dispose();

    private async Task<StoredSizes> MeasureAsync(BlobCopy copy, long size, CancellationToken ct)
    {
        // What others keep takes nothing of ours.
        if (copy.Url is not null)
            return default;
        if (!stores.TryFind(copy.Store, out var store) || store.Blobs is not IDeduplicating deduplicating)
            return new StoredSizes(size, 0);
        await _measuring.WaitAsync(ct);
        try
        {
            return await deduplicating.MeasureAsync(copy.BlobId, ct);
        }
        catch (BlobNotFoundException)
        {
            // Lost, or taken out of the store since: it takes nothing there.
            return default;
        }
        finally
        {
            _measuring.Release();
        }
    }
}
