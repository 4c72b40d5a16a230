using System.Runtime.CompilerServices;

namespace Tintype.Storage.Chunks.Collection;

/// <summary>
/// Gives back the room of what the index does not need any more.
/// <code>
/// a pack that the index does not know ─────► file deleted
/// a pack without chunks, not being written ─► row removed ─► file deleted
/// a pack mostly of garbage ─► the rest is written into another ─► its chunks lie there ─► row removed ─► file deleted
/// </code>
/// The row goes before the file: a crash in between leaves a file that the index does not know, never the other way round.
/// </summary>
internal sealed class PackSweep(ChunkStore store, IChunkLedger ledger, CollectionRules rules, TimeProvider time)
{
    private const int AtOnce = 256;

    public async Task RunAsync(bool dryRun, CollectionTally tally, CancellationToken ct)
    {
        await RemoveUnknownAsync(dryRun, tally, ct);
        await RemoveEmptyAsync(dryRun, tally, ct);
        try
        {
            await RewriteAsync(dryRun, tally, ct);
        }
        catch (StorageFullException full)
        {
            tally.Problem = $"There was no room to write anew what is left of packs that are mostly garbage. {full.Message}";
        }
    }

    // A pack has a row before it has a file, so that a file that is listed first and has no row then is nobody's.
    private async Task RemoveUnknownAsync(bool dryRun, CollectionTally tally, CancellationToken ct)
    {
        var due = time.GetUtcNow() - rules.GracePeriod;
        var files = new List<StoredBlob>(AtOnce);
        await foreach (var file in store.Packs.ListAsync(ct))
        {
            // Whoever has lost the database has the grace period to make the index anew.
            if (file.ModifiedAt <= due)
                files.Add(file);
            if (files.Count == AtOnce)
                await RemoveUnknownAsync(files, dryRun, tally, ct);
        }

        await RemoveUnknownAsync(files, dryRun, tally, ct);
    }

    private async Task RemoveUnknownAsync(List<StoredBlob> files, bool dryRun, CollectionTally tally, CancellationToken ct)
    {
        var known = await ledger.FindPacksAsync([.. files.Select(file => file.Id)], ct);
        foreach (var file in files.Where(file => !known.Contains(file.Id)))
        {
            if (!dryRun)
                await store.Packs.DeleteAsync(file.Id, ct);
            tally.LeftoversDeleted++;
            tally.FreedBytes += file.Length;
        }

        files.Clear();
    }

    private async Task RemoveEmptyAsync(bool dryRun, CollectionTally tally, CancellationToken ct)
    {
        await foreach (var pack in ListAsync(ct))
        {
            if (pack.Chunks > 0)
            {
                if (!dryRun && !await ExistsAsync(pack, ct))
                    tally.Missing += await ledger.ReportPackAsync(pack.Pack, $"The pack {pack.Pack} is missing.", ct);
            }
            else if (dryRun || await TryRemoveAsync(pack.Pack, ct))
            {
                tally.PacksDeleted++;
                tally.FreedBytes += pack.Length;
            }
        }
    }

    private async Task RewriteAsync(bool dryRun, CollectionTally tally, CancellationToken ct)
    {
        await using var rewriter = new PackRewriter(store, ledger);
        await foreach (var pack in ListAsync(ct))
        {
            if (pack.Chunks == 0 || pack.NeededLength >= pack.Length * rules.RewriteBelow)
                continue;
            if (dryRun)
            {
                tally.PacksRewritten++;
                tally.FreedBytes += pack.Length - pack.NeededLength;
                continue;
            }

            Count(await rewriter.AddAsync(pack, ct), tally);
        }

        Count(await rewriter.CompleteAsync(ct), tally);
    }

    private static void Count((int Packs, long Freed) rewritten, CollectionTally tally)
    {
        tally.PacksRewritten += rewritten.Packs;
        tally.FreedBytes += rewritten.Freed;
    }

    private async IAsyncEnumerable<ListedPack> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var after = 0L;
        while (await ledger.ListPacksAsync(after, AtOnce, ct) is { Count: > 0 } packs)
        {
            after = packs[^1].Number;
            foreach (var pack in packs)
            {
                if (!pack.IsBeingWritten)
                    yield return pack;
            }
        }
    }

    private async Task<bool> TryRemoveAsync(Guid pack, CancellationToken ct)
    {
        if (!await ledger.TryRemovePackAsync(pack, ct))
            return false;
        await store.Packs.DeleteAsync(pack, ct);
        return true;
    }

    private async Task<bool> ExistsAsync(ListedPack pack, CancellationToken ct)
    {
        try
        {
            await using var first = await ((IRangeReadable)store.Packs).OpenRangeAsync(pack.Pack, 0, 0, ct);
            return true;
        }
        catch (BlobNotFoundException)
        {
            // Another collection cannot have deleted it: only one runs at a time.
            return false;
        }
    }
}
