namespace Tintype.Storage.Chunks.Collection;

/// <summary>
/// Judges every chunk of the index after a mark:
/// <code>
/// reached ──────────────────────────────────► writers rely on it; pardoned if it was condemned
/// not reached ─► condemned ─► by a mark before the barrier, for longer than the grace period? ─► removed from the index
/// </code>
/// Some thousand at a time, each batch in one step, and to be begun again after a crash: what was condemned by this very mark is not
/// removed by it.
/// </summary>
internal sealed class ChunkSweep(IChunkLedger ledger, IMarkBoard board, IChunkIndex index, TimeSpan grace, TimeProvider time)
{
    // So many of the index's rows change in a transaction at the most, while writers wait.
    private const int AtOnce = 4096;

    public async Task RunAsync(Mark mark, bool dryRun, CollectionTally tally, CancellationToken ct)
    {
        ChunkHash? after = null;
        while (await ledger.ListChunksAsync(after, AtOnce, ct) is { Count: > 0 } chunks)
        {
            var reached = await board.ReachedAsync(after, chunks[^1].Hash, ct);
            after = chunks[^1].Hash;
            var judgement = Judge(mark, chunks, reached, tally);
            if (!dryRun && !judgement.IsEmpty)
                await ledger.ApplyAsync(judgement, ct);
        }
    }

    /// <summary>What has been reached must lie somewhere.</summary>
    public async Task FindMissingAsync(CollectionTally tally, CancellationToken ct)
    {
        ChunkHash? after = null;
        while (await board.ListReachedAsync(after, AtOnce, ct) is { Count: > 0 } names)
        {
            after = names[^1];
            var places = await index.FindAsync(names, ct);
            foreach (var missing in names.Where(name => !places.ContainsKey(name)))
            {
                tally.Missing++;
                await ledger.ReportAsync(missing, null, $"The chunk {missing} is in no pack.", ct);
            }
        }
    }

    private Judgement Judge(Mark mark, IReadOnlyList<ListedChunk> chunks, IReadOnlySet<ChunkHash> reached, CollectionTally tally)
    {
        var due = time.GetUtcNow() - grace;
        var pardoned = new List<ChunkHash>();
        var condemned = new List<ChunkHash>();
        var removed = new List<ListedChunk>();
        foreach (var chunk in chunks)
        {
            if (reached.Contains(chunk.Hash))
            {
                tally.Needed++;
                tally.NeededBytes += chunk.StoredLength;
                if (chunk.Condemned is null)
                    continue;
                pardoned.Add(chunk.Hash);
                tally.Pardoned++;
            }
            else if (chunk.Condemned is null)
            {
                condemned.Add(chunk.Hash);
                tally.Condemned++;
                tally.CondemnedBytes += chunk.StoredLength;
            }
            else if (chunk.Condemned < mark.Barrier && chunk.CondemnedAt <= due)
            {
                removed.Add(chunk);
                tally.Removed++;
                tally.RemovedBytes += chunk.StoredLength;
            }
            else
            {
                tally.Waiting++;
                tally.WaitingBytes += chunk.StoredLength;
            }
        }

        return new Judgement(mark.Number, pardoned, condemned, removed);
    }
}
