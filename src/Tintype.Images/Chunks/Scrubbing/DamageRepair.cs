using Microsoft.Extensions.Logging;
using Tintype.DiskFormats.Qcow2;
using Tintype.Images.Data.Blobs;
using Tintype.Images.Data.Download;
using Tintype.Images.Stores;
using Tintype.Storage;
using Tintype.Storage.Chunks;
using Tintype.Storage.Chunks.Scrubbing;

namespace Tintype.Images.Chunks.Scrubbing;

/// <summary>
/// Finds the images that damaged chunks are in, says so, and heals them from other stores' copies.
/// <code>
/// each blob of the store ─► damaged places ─► kept, and told in the log ─► another copy? ─► its content there ─► stored anew, if it has the right name
///                                                                              └─ no ─► the obstacle is kept
/// </code>
/// What is below a damaged node shows when that has been healed: a blob is looked through until nothing is found, or nothing helps.
/// </summary>
internal sealed class DamageRepair(
    ChunkStores chunks, DamageRepository damages, BlobRepository blobs, ImageStores stores, ILogger<DamageRepair> log)
{
    private const int AtOnce = 256;

    public async Task RunAsync(ChunkStore store, CancellationToken ct)
    {
        await damages.ForgetGoneAsync(store.Name, ct);
        using var search = new DamageSearch(store, chunks.LedgerOf(store));
        for (var after = ""; await damages.ListBlobsAsync(store.Name, after, AtOnce, ct) is { Count: > 0 } some; after = some[^1].ToString())
        {
            foreach (var blob in some)
                await RepairAsync(store, blob, search, ct);
        }

        foreach (var blob in await damages.ListAsync(store.Name, ct))
            ScrubLog.Damaged(log, blob.ImageId, blob.ImageName, blob.BlobId, store.Name, blob.Places, blob.Reason, blob.Obstacle);
    }

    private async Task RepairAsync(ChunkStore store, Guid blob, DamageSearch search, CancellationToken ct)
    {
        try
        {
            while (await FindAsync(store, blob, search, ct) is { Count: > 0 } places)
            {
                if (await TryHealAsync(store, blob, places, ct) is not { } obstacle)
                    continue;
                await damages.SetObstacleAsync(store.Name, blob, obstacle, ct);
                return;
            }
        }
        catch (Exception unreadable) when (unreadable is BlobNotFoundException or InvalidDataException)
        {
            // It may have been deleted meanwhile, with its row.
            await damages.SetUnreadableAsync(store.Name, blob, unreadable.Message, ct);
            await damages.ForgetGoneAsync(store.Name, ct);
        }
    }

    private async Task<IReadOnlyList<DamagedPlace>> FindAsync(ChunkStore store, Guid blob, DamageSearch search, CancellationToken ct)
    {
        var places = await search.FindAsync(blob, ct).ToListAsync(ct);
        await damages.SetPlacesAsync(store.Name, blob, places, ct);
        return places;
    }

    /// <returns>Why not everything could be healed; null if it could.</returns>
    private async Task<string?> TryHealAsync(ChunkStore store, Guid blob, IReadOnlyList<DamagedPlace> places, CancellationToken ct)
    {
        var others = (await blobs.ListCopiesAsync(blob, ct)).Where(copy => copy.Store != store.Name || copy.Url is not null).ToList();
        var obstacle = "No other store has a copy of it.";
        foreach (var copy in stores.InOrder(others))
        {
            try
            {
                if (await HealAsync(store, blob, places, copy, ct))
                {
                    ScrubLog.Healed(log, blob, places.Count, store.Name, copy.Store.Name);
                    return null;
                }

                obstacle = $"The copy in the store '{copy.Store.Name}' is another than what was stored here.";
            }
            catch (Exception failed) when (failed is IOException or InvalidDataException)
            {
                ScrubLog.NotHealed(log, failed, blob, store.Name, copy.Store.Name);
                obstacle = $"The copy in the store '{copy.Store.Name}' could not be used: {failed.Message}";
            }
        }

        return obstacle;
    }

    private async Task<bool> HealAsync(ChunkStore store, Guid blob, IReadOnlyList<DamagedPlace> places, PlacedCopy copy, CancellationToken ct)
    {
        var content = await OpenContentAsync(store, blob, copy, ct);
        var healing = new ChunkHealing(store);
        foreach (var place in places)
        {
            if (!await healing.HealAsync(blob, place, content, ct))
                return false;
        }

        return true;
    }

    // Other stores have the file that the blob is served as: of a disk that is served as qcow2, the guest's bytes have to be found in it.
    private static async Task<DiskReader> OpenContentAsync(ChunkStore store, Guid blob, PlacedCopy copy, CancellationToken ct)
    {
        ValueTask File(long offset, Memory<byte> buffer, CancellationToken token) => ReadAsync(copy, offset, buffer, token);
        return await store.FileOfAsync(blob, ct) == DiskFileFormat.Qcow2 ? (await Qcow2Content.OpenAsync(File, ct)).ReadAsync : File;
    }

    private static async ValueTask ReadAsync(PlacedCopy copy, long offset, Memory<byte> buffer, CancellationToken ct)
    {
        try
        {
            await using var range = new CopiesStream([copy], offset, buffer.Length, static (_, _) => { });
            await range.ReadExactlyAsync(buffer, ct);
        }
        catch (ArgumentOutOfRangeException shorter)
        {
            throw new EndOfStreamException($"It ends before {offset + buffer.Length}.", shorter);
        }
    }
}
