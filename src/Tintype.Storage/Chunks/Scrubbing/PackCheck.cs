using Tintype.Storage.Chunks.Collection;
using Tintype.Storage.Chunks.Packs;

namespace Tintype.Storage.Chunks.Scrubbing;

/// <summary>Reads every chunk of a pack again, and reports those that are not what they should be.</summary>
public sealed class PackCheck(ChunkStore store, IChunkLedger ledger) : IDisposable
{
    // So many are confirmed with one question.
    private const int AtOnce = 1024;

    private readonly PackContent _content = new((IRangeReadable)store.Packs);

    /// <param name="pace">Is told of bytes that have been read, and lets the next ones wait.</param>
    /// <returns>Chunks that have been read, and those that were reported.</returns>
    public async Task<(long Chunks, long Damaged)> RunAsync(Guid pack, Func<int, CancellationToken, ValueTask> pace, CancellationToken ct)
    {
        var entries = await ledger.ListEntriesAsync(pack, ct);
        var damaged = 0L;
        var fine = new List<ChunkHash>(AtOnce);
        try
        {
            await foreach (var chunk in _content.ReadAsync(pack, entries, ct))
            {
                if (chunk.Problem is null)
                    fine.Add(chunk.Entry.Hash);
                else if (await ledger.ReportAsync(chunk.Entry.Hash, pack, chunk.Problem, ct))
                    damaged++;
                if (fine.Count == AtOnce)
                    await ConfirmAsync(fine, ct);
                await pace(chunk.Entry.StoredLength, ct);
            }
        }
        catch (BlobNotFoundException)
        {
            // Deleted by the collector since, or lost: the first has left no chunks in it.
            damaged += await ledger.ReportPackAsync(pack, $"The pack {pack} is missing.", ct);
        }

        await ConfirmAsync(fine, ct);
        return (entries.Count, damaged);
    }

    public void Dispose() => _content.Dispose();

    private async Task ConfirmAsync(List<ChunkHash> fine, CancellationToken ct)
    {
        await ledger.ConfirmAsync(fine, ct);
        fine.Clear();
    }
}
