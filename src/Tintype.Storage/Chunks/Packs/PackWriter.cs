namespace Tintype.Storage.Chunks.Packs;

/// <summary>
/// Writes one pack: many chunks in one blob, so that a snapshot costs a few files and a few syncs, and not one for each chunk.
/// Nothing of it is visible before <see cref="CommitAsync"/>; disposing without it leaves nothing.
/// </summary>
internal sealed class PackWriter : IAsyncDisposable
{
    /// <summary>Bytes from which on a pack is full.</summary>
    public const long FullLength = 128L << 20;

    // Chunks that compress to nearly nothing: the index is held in memory while the pack is written.
    private const int FullEntries = 1 << 14;

    private readonly IBlobWriter _blob;
    private readonly List<PackEntry> _entries = [];

    private PackWriter(Guid id, IBlobWriter blob)
    {
        Id = id;
        _blob = blob;
    }

    public Guid Id { get; }

    public IReadOnlyList<PackEntry> Entries => _entries;

    /// <summary>Bytes so far; once committed, of the whole pack.</summary>
    public long Length => _blob.Length;

    /// <summary>Whether the next chunk belongs into another pack.</summary>
    public bool IsFull => _blob.Length >= FullLength || _entries.Count >= FullEntries;

    /// <param name="id">Under which it was announced to the index.</param>
    public static async Task<PackWriter> CreateAsync(IBlobStore store, Guid id, CancellationToken ct)
    {
        var pack = new PackWriter(id, await store.CreateAsync(id, ct));
        try
        {
            var header = new byte[PackFormat.HeaderSize];
            PackFormat.WriteHeader(header);
            await pack._blob.WriteAsync(header, ct);
            return pack;
        }
        catch
        {
            await pack.DisposeAsync();
            throw;
        }
    }

    /// <param name="stored">The chunk as <paramref name="encoding"/> has it.</param>
    /// <param name="length">Bytes of the chunk itself.</param>
    public ValueTask AppendAsync(ChunkHash hash, ChunkEncoding encoding, ReadOnlyMemory<byte> stored, int length, CancellationToken ct) =>
        AppendAsync([new StoredChunk(hash, encoding, stored.Length, length)], stored, ct);

    /// <param name="stored">The chunks as they are stored, back to back.</param>
    public async ValueTask AppendAsync(IReadOnlyList<StoredChunk> chunks, ReadOnlyMemory<byte> stored, CancellationToken ct)
    {
        var offset = _blob.Length;
        await _blob.WriteAsync(stored, ct);
        foreach (var chunk in chunks)
        {
            _entries.Add(new PackEntry(chunk.Hash, chunk.Encoding, offset, chunk.StoredLength, chunk.Length));
            offset += chunk.StoredLength;
        }
    }

    /// <summary>Makes the pack durable.</summary>
    public async Task CommitAsync(CancellationToken ct)
    {
        await _blob.WriteAsync(PackFormat.WriteEnd(_entries), ct);
        await _blob.CommitAsync(ct);
    }

    public ValueTask DisposeAsync() => _blob.DisposeAsync();
}
