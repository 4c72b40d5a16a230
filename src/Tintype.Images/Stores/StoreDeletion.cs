using Microsoft.Extensions.Logging;
using Tintype.Images.Data.Blobs;
using Tintype.Images.Records;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Storage;

namespace Tintype.Images.Stores;

/// <summary>Takes an image out of one of its stores. The row goes first; what a crash leaves of the bytes, the collector finds.</summary>
internal sealed class StoreDeletion(
    ImageLifecycle images, ImageStores stores, BlobRepository blobs, MetadataDatabase database, ILogger<StoreDeletion> log)
{
    /// <exception cref="Fault">409 unknown store, not active, in use; 404 no such image, not in that store; 403 the last copy, or not the caller's.</exception>
    public async Task DeleteAsync(string storeName, string imageId, Caller caller, CancellationToken ct)
    {
        if (!stores.TryFind(storeName, out var store))
            throw Fault.StoreNotHere(storeName);
        var id = ImageId.Find(imageId) ?? throw Fault.StoredImageNotFound(imageId);
        var copy = await database.WriteAsync(async scope =>
        {
            var image = await images.FindForAsync(scope, ImageAction.DeleteCopy, id, caller);
            if (image.Status != ImageStatus.Active || image.BlobId is not { } blobId)
                throw Fault.StoredImageNotActive();
            var copies = await blobs.ListCopiesAsync(scope, blobId);
            if (copies.Count == 1)
                throw Fault.LastCopy();
            var copy = copies.FirstOrDefault(c => c.Store == storeName) ?? throw Fault.NotInStore(id, storeName);
            // An instance's disk lies on it: QEMU has the file open, or reads from the store, and does so again at the next start.
            if (copy.Url is null && store.Blobs is ILocalFile or IDiskStore && await blobs.IsHeldAsync(scope, blobId))
                throw Fault.CopyInUse(id, storeName);
            await blobs.DeleteCopyAsync(scope, copy);
            return copy;
        }, ct);
        await stores.DeleteAsync(copy, CancellationToken.None);
        StoresLog.CopyDeleted(log, id, storeName);
    }
}
