namespace Tintype.Storage.Chunks;

/// <summary>Gives chunks by their names.</summary>
public interface IChunkReader
{
    /// <summary>Reads a chunk whole, and checks it against its name.</summary>
    /// <param name="target">Has room for the chunk.</param>
    /// <returns>Bytes of the chunk.</returns>
    /// <exception cref="ChunkMissingException">There is no such chunk.</exception>
    /// <exception cref="ChunkDamagedException">What is stored is not the chunk.</exception>
    ValueTask<int> ReadAsync(ChunkHash hash, Memory<byte> target, CancellationToken ct);
}

/// <summary>Takes chunks and names them.</summary>
public interface IChunkWriter
{
    /// <summary>Sees to it that the chunk is stored, once, however often it comes.</summary>
    /// <param name="content">Is not used any more after the return.</param>
    /// <exception cref="StorageFullException">There is no room.</exception>
    ValueTask<ChunkHash> WriteAsync(ReadOnlyMemory<byte> content, CancellationToken ct);
}

/// <summary>A chunk that something refers to is nowhere.</summary>
public sealed class ChunkMissingException(ChunkHash hash, Exception? inner = null) : IOException($"The chunk {hash} is missing.", inner)
{
    public ChunkHash Hash { get; } = hash;
}
