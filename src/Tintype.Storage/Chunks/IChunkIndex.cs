using Tintype.Storage.Chunks.Packs;

namespace Tintype.Storage.Chunks;

/// <summary>
/// Knows in which pack each chunk of a store lies. It can be made anew from the packs, each of which says what it holds; what it says
/// while it is there, readers and writers rely on.
/// </summary>
public interface IChunkIndex
{
    /// <summary>Where the chunks lie, for whoever reads them; those that are nowhere are left out.</summary>
    Task<IReadOnlyDictionary<ChunkHash, ChunkPlace>> FindAsync(IReadOnlyCollection<ChunkHash> hashes, CancellationToken ct);

    /// <summary>
    /// Which of the chunks a writer may name without storing them: not those that the collector has condemned, nor those that are known
    /// to be damaged. Holds for as long as the writer's lease does.
    /// </summary>
    Task<IReadOnlySet<ChunkHash>> FindUsableAsync(IReadOnlyCollection<ChunkHash> hashes, CancellationToken ct);

    /// <summary>Begins to write. What is found usable from now on, what is added, and all below <paramref name="basis"/>, stays until the lease ends.</summary>
    /// <param name="basis">The root of a manifest of which parts will be taken over; null if there is none.</param>
    Task<IChunkLease> BeginAsync(ChunkHash? basis, CancellationToken ct);

    /// <summary>Takes up a pack that is there, durably: for whoever makes the index anew. A chunk that lies elsewhere already keeps its place.</summary>
    Task AddAsync(Guid pack, long length, IReadOnlyList<PackEntry> entries, CancellationToken ct);
}

/// <summary>
/// One writer's stay in a store, known to the collector. It ends by <see cref="EndAsync"/> or by disposal; that of a writer who was
/// killed ends some minutes later by itself.
/// </summary>
public interface IChunkLease : IAsyncDisposable
{
    /// <summary>Announces a pack, durably, before its first byte is written: a pack that nobody has announced is garbage.</summary>
    /// <exception cref="ChunkLeaseLostException">The lease has ended.</exception>
    Task<Guid> BeginPackAsync(CancellationToken ct);

    /// <summary>
    /// Takes up an announced pack that is durable. A chunk that lies elsewhere already keeps its place, unless that one must not be relied
    /// on: then it lies here from now on, and is as good as any.
    /// </summary>
    /// <exception cref="ChunkLeaseLostException">The lease has ended.</exception>
    Task AddAsync(Guid pack, long length, IReadOnlyList<PackEntry> entries, CancellationToken ct);

    /// <summary>Ends the stay, once what was written has been made durable together with what names it.</summary>
    /// <exception cref="ChunkLeaseLostException">It had ended before: what was relied on may have been collected.</exception>
    Task EndAsync(CancellationToken ct);
}

/// <summary>Where a chunk lies.</summary>
public readonly record struct ChunkPlace(Guid Pack, PackEntry Entry);

/// <summary>A writer was silent for so long that the collector took it for dead.</summary>
public sealed class ChunkLeaseLostException(string store)
    : IOException($"Writing into the store '{store}' was interrupted for so long that what it built upon may have been collected; it has to be done again.");
