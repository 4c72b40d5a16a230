using Tintype.Storage.Chunks.Packs;

namespace Tintype.Storage.Chunks.Collection;

/// <summary>
/// Writes what is left of several packs into one. The chunks are copied as they are stored, after having been checked; one that cannot be
/// read stays where it is, and so does its pack, until it has been healed.
/// <code>
/// announced ─► chunks of many packs ─► full ─► durable ─► the index has them there ─► the old rows ─► the old files
/// </code>
/// A crash leaves a pack without chunks, or old ones without chunks: the next collection removes either.
/// </summary>
internal sealed class PackRewriter(ChunkStore store, IChunkLedger ledger) : IAsyncDisposable
{
    private readonly PackContent _content = new((IRangeReadable)store.Packs);
    private readonly List<MovedChunk> _moved = [];
    private readonly Dictionary<Guid, long> _old = [];
    private IChunkLease? _lease;
    private PackWriter? _pack;

    /// <returns>The packs that have been replaced by now, and by how many bytes the store has become smaller.</returns>
    /// <exception cref="StorageFullException">There is no room.</exception>
    public async Task<(int Packs, long Freed)> AddAsync(ListedPack pack, CancellationToken ct)
    {
        var entries = await ledger.ListEntriesAsync(pack.Pack, ct);
        _old[pack.Pack] = pack.Length;
        await foreach (var chunk in _content.ReadAsync(pack.Pack, entries, ct))
        {
            if (chunk.Problem is { } problem)
            {
                await ledger.ReportAsync(chunk.Entry.Hash, pack.Pack, problem, ct);
                continue;
            }

            _lease ??= await store.Index.BeginAsync(null, ct);
            _pack ??= await PackWriter.CreateAsync(store.Packs, await _lease.BeginPackAsync(ct), ct);
            await _pack.AppendAsync(chunk.Entry.Hash, chunk.Entry.Encoding, chunk.Stored, chunk.Entry.Length, ct);
            _moved.Add(new MovedChunk(pack.Pack, _pack.Entries[^1]));
        }

        // Between packs only, so that each is replaced by one.
        return _pack?.IsFull == true ? await CompleteAsync(ct) : (0, 0);
    }

    /// <inheritdoc cref="AddAsync"/>
    public async Task<(int Packs, long Freed)> CompleteAsync(CancellationToken ct)
    {
        var freed = 0L;
        if (_pack is { } pack)
        {
            await pack.CommitAsync(ct);
            freed -= pack.Length;
            await ledger.MoveAsync(pack.Id, pack.Length, _moved, ct);
            await pack.DisposeAsync();
            _pack = null;
            _moved.Clear();
        }

        var replaced = 0;
        foreach (var (old, length) in _old)
        {
            if (!await ledger.TryRemovePackAsync(old, ct))
                continue;
            await store.Packs.DeleteAsync(old, ct);
            replaced++;
            freed += length;
        }

        _old.Clear();
        return (replaced, freed);
    }

    public async ValueTask DisposeAsync()
    {
        if (_pack is not null)
            await _pack.DisposeAsync();
        if (_lease is not null)
            await _lease.DisposeAsync();
        _content.Dispose();
    }
}
