using Tintype.Storage.Chunks.Packs;

namespace Tintype.Storage.Chunks.Collection;

/// <summary>
/// What the index over a store's chunks keeps for those who tend it, the collector and the scrub. Every call that changes something is one durable step, judged anew
/// among the writers': it does not happen to what has changed since it was listed.
/// </summary>
public interface IChunkLedger
{
    /// <summary>The mark that was begun and not ended; null if there is none.</summary>
    Task<Mark?> FindMarkAsync(CancellationToken ct);

    /// <summary>
    /// Begins a mark: forgets the sessions that have ended, or have been silent for longer than their lease, and numbers it. All in one step.
    /// </summary>
    Task<Mark> BeginMarkAsync(CancellationToken ct);

    /// <summary>The mark that would be begun, for a look without consequences; it has the number 0.</summary>
    Task<Mark> PeekMarkAsync(CancellationToken ct);

    /// <summary>The mark is over, and what came of it is kept.</summary>
    Task EndMarkAsync(Mark mark, CancellationToken ct);

    /// <summary>The roots below which sessions take over parts: of those that run, and of those that have ended since the mark began.</summary>
    Task<IReadOnlyList<ChunkHash>> ListBasesAsync(CancellationToken ct);

    /// <summary>The chunks behind <paramref name="after"/>, by their names.</summary>
    Task<IReadOnlyList<ListedChunk>> ListChunksAsync(ChunkHash? after, int count, CancellationToken ct);

    Task ApplyAsync(Judgement judgement, CancellationToken ct);

    /// <summary>The packs behind <paramref name="after"/>, by their numbers.</summary>
    Task<IReadOnlyList<ListedPack>> ListPacksAsync(long after, int count, CancellationToken ct);

    /// <summary>Which of the packs the index has, even if only announced.</summary>
    Task<IReadOnlySet<Guid>> FindPacksAsync(IReadOnlyCollection<Guid> packs, CancellationToken ct);

    /// <summary>The chunks that the index has in a pack, by their places.</summary>
    Task<IReadOnlyList<PackEntry>> ListEntriesAsync(Guid pack, CancellationToken ct);

    /// <summary>The chunks lie in another pack from now on, those that still lie where they did.</summary>
    Task MoveAsync(Guid pack, long length, IReadOnlyList<MovedChunk> chunks, CancellationToken ct);

    /// <summary>Forgets a pack.</summary>
    /// <returns>False if chunks lie in it, or it is being written.</returns>
    Task<bool> TryRemovePackAsync(Guid pack, CancellationToken ct);

    /// <summary>Notes that a chunk cannot be read: no writer relies on it from now on.</summary>
    /// <param name="pack">Where it could not be read; if it lies elsewhere by now, nothing is noted. Null if it lies nowhere.</param>
    /// <returns>Whether it was noted.</returns>
    Task<bool> ReportAsync(ChunkHash chunk, Guid? pack, string reason, CancellationToken ct);

    /// <summary>Notes that no chunk of a pack can be read.</summary>
    /// <returns>How many these are.</returns>
    Task<int> ReportPackAsync(Guid pack, string reason, CancellationToken ct);

    /// <summary>Notes of those that had been reported that they have been read and are what they should be.</summary>
    Task ConfirmAsync(IReadOnlyCollection<ChunkHash> chunks, CancellationToken ct);

    /// <summary>Which of the chunks have been reported, and neither healed nor confirmed since.</summary>
    Task<IReadOnlySet<ChunkHash>> FindDamagedAsync(IReadOnlyCollection<ChunkHash> chunks, CancellationToken ct);
}

/// <summary>One mark over the whole store.</summary>
/// <param name="Number">Greater than that of every earlier one.</param>
/// <param name="Barrier">What a mark of a smaller number has condemned no session relies on that was running when this one began.</param>
public sealed record Mark(long Number, long Barrier);

/// <summary>A chunk, as the collector sees it.</summary>
/// <param name="Condemned">The number of the mark that did not reach it, and none since has; null if writers may rely on it.</param>
public readonly record struct ListedChunk(ChunkHash Hash, int StoredLength, long? Condemned, DateTimeOffset? CondemnedAt);

/// <summary>What a mark has decided about some chunks.</summary>
/// <param name="Mark">The number of the mark.</param>
/// <param name="Pardoned">Were condemned, and are needed.</param>
/// <param name="Condemned">Are not needed.</param>
/// <param name="Removed">Have been condemned for long enough, by the mark that is named here; none else since.</param>
public sealed record Judgement(long Mark, IReadOnlyList<ChunkHash> Pardoned, IReadOnlyList<ChunkHash> Condemned, IReadOnlyList<ListedChunk> Removed)
{
    public bool IsEmpty => Pardoned.Count == 0 && Condemned.Count == 0 && Removed.Count == 0;
}

/// <summary>A pack, as the collector sees it.</summary>
/// <param name="Number">The index's own, by which packs are listed.</param>
/// <param name="Length">Bytes of the whole.</param>
/// <param name="Chunks">That the index has in it.</param>
/// <param name="Stored">Bytes that these take.</param>
/// <param name="IsBeingWritten">By a session that runs.</param>
public sealed record ListedPack(long Number, Guid Pack, long Length, long Chunks, long Stored, bool IsBeingWritten)
{
    /// <summary>Bytes of a pack that held these chunks alone.</summary>
    public long NeededLength => PackFormat.HeaderSize + Stored + (Chunks * PackFormat.EntrySize) + PackFormat.FooterSize;
}

/// <param name="From">The pack that it lay in.</param>
/// <param name="Entry">Its new place.</param>
public readonly record struct MovedChunk(Guid From, PackEntry Entry);
