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

    public async Task<IReadOnlySet<ChunkHash>> FindUsableAsync(IReadOnlyCollection<ChunkHash> hashes, CancellationToken ct) =>
        (await FindAsync(hashes, ct)).Keys.ToHashSet();

    public Task<IChunkLease> BeginAsync(ChunkHash? basis, CancellationToken ct) => Task.FromResult<IChunkLease>(new Lease(this));

    public Task AddAsync(Guid pack, long length, IReadOnlyList<PackEntry> entries, CancellationToken ct)
    {
        lock (_places)
        {
            foreach (var entry in entries)
                _places.TryAdd(entry.Hash, new ChunkPlace(pack, entry));
        }

        return Task.CompletedTask;
    }

    /// <summary>Nobody collects here.</summary>
    private sealed class Lease(MemoryIndex index) : IChunkLease
    {
        public Task<Guid> BeginPackAsync(CancellationToken ct) => Task.FromResult(Guid.NewGuid());

        public Task AddAsync(Guid pack, long length, IReadOnlyList<PackEntry> entries, CancellationToken ct) => index.AddAsync(pack, length, entries, ct);

        public Task EndAsync(CancellationToken ct) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
