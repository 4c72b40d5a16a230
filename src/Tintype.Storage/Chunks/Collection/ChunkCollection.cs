namespace Tintype.Storage.Chunks.Collection;

/// <summary>
/// Removes from a chunk store what no blob needs any more, beside everything that goes on there.
/// <code>
/// mark numbered, barrier taken ─► everything needed is reached ─► judged: condemned, pardoned, removed ─► packs deleted, rewritten ─► ended
/// </code>
/// A chunk goes in two marks. The first that does not reach it <i>condemns</i> it: from then on no writer relies on it, one that brings it
/// again stores it again. A later one that does not reach it either removes it, if no session that may have relied on it before was still
/// running when that mark began (<see cref="Mark.Barrier"/>), and the grace period is over. Sessions are ordered by the numbers of
/// marks, so that a clock that jumps shortens the grace period and nothing else.
/// A crash at any step is no more than a pause: the next collection goes on with the same mark if its board is still there, or begins another.
/// </summary>
/// <param name="board">For marks alone; one collection runs at a time.</param>
public sealed class ChunkCollection(ChunkStore store, IChunkLedger ledger, IMarkBoard board, CollectionRules rules, TimeProvider time)
{
    /// <returns>What it has done; why it could not do everything is said there.</returns>
    public async Task<CollectionTally> RunAsync(CancellationToken ct)
    {
        var tally = await RunOnceAsync(ct);
        // Without a grace period what has just been condemned can go at once, if nobody is at work.
        if (rules.GracePeriod > TimeSpan.Zero || tally.Problem is not null || tally.Condemned == 0)
            return tally;
        var second = await RunOnceAsync(ct);
        second.Condemned += tally.Condemned;
        second.CondemnedBytes += tally.CondemnedBytes;
        second.Pardoned += tally.Pardoned;
        second.Removed += tally.Removed;
        second.RemovedBytes += tally.RemovedBytes;
        second.PacksDeleted += tally.PacksDeleted;
        second.PacksRewritten += tally.PacksRewritten;
        second.LeftoversDeleted += tally.LeftoversDeleted;
        second.FreedBytes += tally.FreedBytes;
        return second;
    }

    /// <summary>Tells what a collection would do now, and changes nothing.</summary>
    public async Task<CollectionTally> TryOutAsync(CancellationToken ct)
    {
        var tally = new CollectionTally();
        var mark = await ledger.PeekMarkAsync(ct);
        // What another has left there is older than what it would be taken for.
        await board.WipeAsync(ct);
        try
        {
            await new ChunkMark(store, ledger, board).RunAsync(mark, ct);
            await new ChunkSweep(ledger, board, store.Index, rules.GracePeriod, time).RunAsync(mark, dryRun: true, tally, ct);
        }
        catch (MarkBrokenException broken)
        {
            tally.Problem = broken.Message;
        }
        finally
        {
            await board.WipeAsync(CancellationToken.None);
        }

        await new PackSweep(store, ledger, rules, time).RunAsync(dryRun: true, tally, ct);
        return tally;
    }

    private async Task<CollectionTally> RunOnceAsync(CancellationToken ct)
    {
        var tally = new CollectionTally();
        var mark = await ledger.FindMarkAsync(ct) ?? await ledger.BeginMarkAsync(ct);
        try
        {
            await new ChunkMark(store, ledger, board).RunAsync(mark, ct);
            var sweep = new ChunkSweep(ledger, board, store.Index, rules.GracePeriod, time);
            await sweep.RunAsync(mark, dryRun: false, tally, ct);
            await sweep.FindMissingAsync(tally, ct);
        }
        catch (MarkBrokenException broken)
        {
            tally.Problem = broken.Message;
        }

        await new PackSweep(store, ledger, rules, time).RunAsync(dryRun: false, tally, ct);
        await board.WipeAsync(ct);
        await ledger.EndMarkAsync(mark, ct);
        return tally;
    }
}
