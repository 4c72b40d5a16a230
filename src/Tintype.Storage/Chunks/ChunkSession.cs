using Tintype.Storage.Chunks.Packs;

namespace Tintype.Storage.Chunks;

/// <summary>
/// Writes the chunks of one blob: what the store has already is only named, the rest goes into packs of this session's own.
/// <code>
/// chunk ─► usable by the index, or in the packs of this session? ─► named
///              └── no ─► compressed ─► open pack ─► full? ─► durable ─► index ─► the next pack
/// </code>
/// While one pack becomes durable, the next is written. A crash leaves an unfinished pack, which is garbage, or a finished one that the
/// index does not name yet, which is garbage too. Nothing refers to a chunk before <see cref="CompleteAsync"/> has returned. Until
/// <see cref="EndAsync"/> the collector knows of the session by its lease, and leaves alone what it relies on.
/// </summary>
/// <param name="lease">Goes with the session.</param>
internal sealed class ChunkSession(IBlobStore packs, IChunkIndex index, IChunkLease lease) : IChunkWriter, IAsyncDisposable
{
    private readonly ChunkCodec _codec = new();
    // In the open pack, and in the one before it: what was looked up a moment ago may have been told before the index had that.
    private HashSet<ChunkHash> _inPack = [];
    private HashSet<ChunkHash> _inPackBefore = [];
    private PackWriter? _pack;
    private Task _closing = Task.CompletedTask;
    private long _added;

    /// <summary>Bytes that this session has added to the store, without the packs' own.</summary>
    public long Added => Interlocked.Read(ref _added);

    /// <inheritdoc cref="IChunkIndex.FindUsableAsync"/>
    /// <remarks>May be called beside everything else.</remarks>
    public Task<IReadOnlySet<ChunkHash>> FindUsableAsync(IReadOnlyCollection<ChunkHash> hashes, CancellationToken ct) => index.FindUsableAsync(hashes, ct);

    /// <summary>Whether this session has stored the chunk itself, so that the index may not have it yet.</summary>
    public bool IsOurs(ChunkHash hash) => _inPack.Contains(hash) || _inPackBefore.Contains(hash);

    public async ValueTask<ChunkHash> WriteAsync(ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        var hash = ChunkHash.Of(content.Span);
        if (IsOurs(hash) || (await index.FindUsableAsync([hash], ct)).Count > 0)
            return hash;
        var (encoding, stored) = Encode(content);
        await AppendAsync([new StoredChunk(hash, encoding, stored.Length, content.Length)], stored, ct);
        return hash;
    }

    /// <summary>Stores chunks that were not usable a moment ago, and are not <see cref="IsOurs"/>.</summary>
    /// <param name="stored">They as they are stored, back to back.</param>
    public async ValueTask AppendAsync(IReadOnlyList<StoredChunk> chunks, ReadOnlyMemory<byte> stored, CancellationToken ct)
    {
        if (_pack?.IsFull == true)
            await CloseAsync(_pack, ct);
        _pack ??= await PackWriter.CreateAsync(packs, await lease.BeginPackAsync(ct), ct);
        await _pack.AppendAsync(chunks, stored, ct);
        foreach (var chunk in chunks)
            _inPack.Add(chunk.Hash);
        Interlocked.Add(ref _added, stored.Length);
    }

    /// <summary>Makes everything that was written durable and findable.</summary>
    public async Task CompleteAsync(CancellationToken ct)
    {
        if (_pack is { } pack)
            await CloseAsync(pack, ct);
        await _closing;
    }

    /// <summary>To be called once what names the chunks is durable.</summary>
    /// <exception cref="ChunkLeaseLostException">What was relied on may have been collected meanwhile.</exception>
    public Task EndAsync(CancellationToken ct) => lease.EndAsync(ct);

    public async ValueTask DisposeAsync()
    {
        // What failed has been told by whatever waited for it, or does not matter any more.
        await _closing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_pack is not null)
            await _pack.DisposeAsync();
        await lease.DisposeAsync();
        _codec.Dispose();
    }

    private (ChunkEncoding Encoding, ReadOnlyMemory<byte> Stored) Encode(ReadOnlyMemory<byte> content) =>
        _codec.TryCompress(content.Span, out var compressed) ? (ChunkEncoding.Zstandard, compressed.ToArray()) : (ChunkEncoding.Plain, content);

    private async Task CloseAsync(PackWriter pack, CancellationToken ct)
    {
        await _closing;
        _pack = null;
        (_inPackBefore, _inPack) = (_inPack, _inPackBefore);
        _inPack.Clear();
        _closing = CommitAsync(pack, ct);
    }

    private async Task CommitAsync(PackWriter pack, CancellationToken ct)
    {
        await using (pack)
        {
            await pack.CommitAsync(ct);
            await lease.AddAsync(pack.Id, pack.Length, pack.Entries, ct);
        }
    }
}

/// <summary>A chunk on its way into a pack.</summary>
/// <param name="StoredLength">Bytes as <paramref name="Encoding"/> has it.</param>
/// <param name="Length">Bytes of the chunk itself.</param>
internal readonly record struct StoredChunk(ChunkHash Hash, ChunkEncoding Encoding, int StoredLength, int Length);
