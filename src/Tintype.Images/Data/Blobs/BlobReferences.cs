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

    public async Task ReleaseAsync(WriteScope scope, BlobHolder holder)
    {
        if (await blobs.ReleaseAsync(scope, holder))
            scope.AfterCommit(collector.Wake);
    }

    private async Task<HeldBlob> HeldAsync(BlobRow row, CancellationToken ct)
    {
        var id = Guid.Parse(row.Id);
        var copies = await blobs.ListCopiesAsync(id, ct);
        foreach (var place in stores.InOrder(copies))
        {
            if (place is { Copy.Url: null, Store.Blobs: ILocalFile files })
                return new HeldBlob(id, files.PathOf(id), row.Format, row.VirtualSize ?? row.Size);
        }

        throw Fault.NoLocalCopy([.. copies.Select(c => c.Store)]);
    }
}
