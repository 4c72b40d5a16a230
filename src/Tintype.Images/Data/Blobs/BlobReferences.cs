using Tintype.Images.Stores;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Storage;

namespace Tintype.Images.Data.Blobs;

internal sealed class BlobReferences(BlobRepository blobs, ImageStores stores, MetadataDatabase database, IBlobCollectorSignal collector) : IBlobReferences
{
    public async Task<HeldBlob?> HoldAsync(Guid imageId, BlobHolder holder, CancellationToken ct)
    {
        var held = await database.WriteAsync(async scope =>
        {
            // A repeated call finds what the first one took, even if the image has been deleted since.
            if (await blobs.FindHeldAsync(scope, holder) is { } already)
                return already;
            return await blobs.HoldAsync(scope, imageId, holder) ? await blobs.FindHeldAsync(scope, holder) : null;
        }, ct);
        return held is null ? null : await HeldAsync(held, ct);
    }

    public async Task<HeldBlob?> FindAsync(BlobHolder holder, CancellationToken ct) =>
        await blobs.FindHeldAsync(holder, ct) is { } held ? await HeldAsync(held, ct) : null;

    public async Task<Guid?> FindIdAsync(BlobHolder holder, CancellationToken ct) =>
        await blobs.FindHeldAsync(holder, ct) is { } held ? Guid.Parse(held.Id) : null;

    public async Task HoldBlobAsync(WriteScope scope, Guid blobId, BlobHolder holder)
    {
        await blobs.HoldBlobAsync(scope, blobId, holder);
        // The one that it held before may be nobody's now.
        scope.AfterCommit(collector.Wake);
    }

    public async Task ReleaseAsync(WriteScope scope, BlobHolder holder)
    {
        if (await blobs.ReleaseAsync(scope, holder))
            scope.AfterCommit(collector.Wake);
    }

    public async Task<IStoredDisk> OpenDiskAsync(Guid blobId, CancellationToken ct)
    {
        foreach (var place in stores.InOrder(await blobs.ListCopiesAsync(blobId, ct)))
        {
            if (place is { Copy.Url: null, Store.Blobs: IDiskStore disks })
                return await disks.OpenDiskAsync(blobId, ct);
        }

        throw new IOException($"The data {blobId} is in no store of disks.");
    }

    private async Task<HeldBlob> HeldAsync(BlobRow row, CancellationToken ct)
    {
        var id = Guid.Parse(row.Id);
        var copies = await blobs.ListCopiesAsync(id, ct);
        var places = stores.InOrder(copies);
        // A file first: QEMU reads it without us.
        foreach (var place in places)
        {
            if (place is { Copy.Url: null, Store.Blobs: ILocalFile files })
                return new HeldFile(id, files.PathOf(id), row.Format, row.VirtualSize ?? row.Size);
        }

        foreach (var place in places)
        {
            // What the store makes the file from is the disk itself; other bytes are what they came as.
            if (place is { Copy.Url: null, Store.Blobs: IDiskStore disks })
                return new HeldDisk(id, await disks.FileOfAsync(id, ct) == DiskFileFormat.Raw ? row.Format : "raw", row.VirtualSize ?? row.Size);
        }

        throw Fault.NoLocalCopy([.. copies.Select(c => c.Store)]);
    }
}
