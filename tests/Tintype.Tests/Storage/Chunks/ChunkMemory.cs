using Tintype.Storage.Chunks;

namespace Tintype.Tests.Storage.Chunks;

/// <summary>Chunks by their names, and a count of who asked for them.</summary>
internal sealed class ChunkMemory : IChunkReader, IChunkWriter
{
    private readonly Dictionary<ChunkHash, byte[]> _chunks = [];

    public int Count => _chunks.Count;

    public int Reads { get; set; }

    public ValueTask<int> ReadAsync(ChunkHash hash, Memory<byte> target, CancellationToken ct)
    {
        Reads++;
        if (!_chunks.TryGetValue(hash, out var content))
            throw new ChunkMissingException(hash);
        content.CopyTo(target);
        return ValueTask.FromResult(content.Length);
    }

    public ValueTask<ChunkHash> WriteAsync(ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        var hash = ChunkHash.Of(content.Span);
        _chunks.TryAdd(hash, content.ToArray());
        return ValueTask.FromResult(hash);
    }

    public void Put(ChunkHash hash, byte[] content) => _chunks[hash] = content;
}
