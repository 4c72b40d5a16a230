using Tintype.Storage.Chunks.Packs;

namespace Tintype.Storage.Chunks;

/// <summary>
/// Writes the chunks of one blob: what the store has already is only named, the rest goes into packs of this session's own.
/// <code>
/// chunk ─► known to the index, or in the open pack? ─► named
///              └── no ─► compressed ─► open pack ─► full? ─► durable ─► index ─► the next pack
/// </code>
/// A crash leaves an unfinished pack, which is garbage, or a finished one that the index does not name yet, which is garbage too.
/// Nothing refers to a chunk before <see cref="CompleteAsync"/> has returned.
/// </summary>
internal sealed class ChunkSession(IBlobStore packs, IChunkIndex index) : IChunkWriter, IAsyncDisposable
{
    private readonly ChunkCodec _codec = new();
    private readonly HashSet<ChunkHash> _inPack = [];
    private byte[] _encoded = [];
    private PackWriter? _pack;

    /// <summary>Bytes that this session has added to the store, without the packs' own.</summary>
    public long Added { get; private set; }

    public async ValueTask<ChunkHash> WriteAsync(ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        var hash = ChunkHash.Of(content.Span);
        if (!_inPack.Contains(hash) && (await index.FindAsync([hash], ct)).Count == 0)
            await AddAsync(hash, content, ct);
        return hash;
    }

    /// <summary>Writes several chunks with one question to the index.</summary>
    /// <param name="chunks">With their hashes.</param>
    public async Task WriteAsync(IReadOnlyList<(ChunkHash Hash, ReadOnlyMemory<byte> Content)> chunks, CancellationToken ct)
    {
        var known = await index.FindAsync([.. chunks.Select(c => c.Hash).Where(hash => !_inPack.Contains(hash)).Distinct()], ct);
        foreach (var (hash, content) in chunks)
        {
            // Asked anew for each: the same may come twice, or the pack have been closed in between.
            if (!known.ContainsKey(hash) && !_inPack.Contains(hash))
                await AddAsync(hash, content, ct);
        }
    }

    /// <summary>Makes everything that was written durable and findable.</summary>
    public async Task CompleteAsync(CancellationToken ct)
    {
        if (_pack is not { } pack)
            return;
        await pack.CommitAsync(ct);
        await index.AddAsync(pack.Id, pack.Length, pack.Entries, ct);
        await pack.DisposeAsync();
        _pack = null;
        _inPack.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        if (_pack is not null)
            await _pack.DisposeAsync();
        _codec.Dispose();
    }

    private async Task AddAsync(ChunkHash hash, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        if (_pack?.IsFull == true)
            await CompleteAsync(ct);
        _pack ??= await PackWriter.CreateAsync(packs, ct);
        var bound = ChunkCodec.BoundOf(content.Length);
        if (_encoded.Length < bound)
            _encoded = GC.AllocateUninitializedArray<byte>(bound);
        var (encoding, length) = _codec.Encode(content.Span, _encoded);
        await _pack.AppendAsync(hash, encoding, _encoded.AsMemory(0, length), content.Length, ct);
        _inPack.Add(hash);
        Added += length;
    }
}
