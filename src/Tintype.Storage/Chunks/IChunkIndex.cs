using Tintype.Storage.Chunks.Packs;

namespace Tintype.Storage.Chunks;

/// <summary>
/// Knows in which pack each chunk of a store lies. It can be made anew from the packs, each of which says what it holds; what it says
/// while it is there, readers and writers rely on.
/// </summary>
public interface IChunkIndex
{
    /// <summary>Where the chunks lie; those that are nowhere are left out.</summary>
    Task<IReadOnlyDictionary<ChunkHash, ChunkPlace>> FindAsync(IReadOnlyCollection<ChunkHash> hashes, CancellationToken ct);

    /// <summary>Takes up a pack, durably. A chunk that lies elsewhere already keeps its place.</summary>
    Task AddAsync(Guid pack, long length, IReadOnlyList<PackEntry> entries, CancellationToken ct);
}

/// <summary>Where a chunk lies.</summary>
public readonly record struct ChunkPlace(Guid Pack, PackEntry Entry);
