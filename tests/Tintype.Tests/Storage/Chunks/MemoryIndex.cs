using Tintype.Storage.Chunks;
using Tintype.Storage.Chunks.Packs;

namespace Tintype.Tests.Storage.Chunks;

/// <summary>Where chunks lie, in memory.</summary>
internal sealed class MemoryIndex : IChunkIndex
{
    private readonly Dictionary<ChunkHash, ChunkPlace> _places = [];

    public Task<IReadOnlyDictionary<ChunkHash, ChunkPlace>> FindAsync(IReadOnlyCollection<ChunkHash> hashes, CancellationToken ct)
    {
        lock (_places)
            return Task.FromResult<IReadOnlyDictionary<ChunkHash, ChunkPlace>>(hashes.Where(_places.ContainsKey).ToDictionary(hash => hash, hash => _places[hash]));
    }

    public Task AddAsync(Guid pack, long length, IReadOnlyList<PackEntry> entries, CancellationToken ct)
    {
        lock (_places)
        {
            foreach (var entry in entries)
                _places.TryAdd(entry.Hash, new ChunkPlace(pack, entry));
        }

        return Task.CompletedTask;
    }
}
