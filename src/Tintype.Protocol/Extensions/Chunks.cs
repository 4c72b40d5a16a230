namespace Tintype.Protocol.Extensions;

/// <summary><c>POST /tintype/v1/chunks/collection</c>.</summary>
/// <param name="DryRun">Whether only to tell what would be done.</param>
public sealed record ChunkCollectionRequest(bool DryRun = false);

/// <summary><c>GET /tintype/v1/chunks/collection</c>.</summary>
public sealed record ChunkCollectionsView(IReadOnlyList<ChunkCollectionView> Stores);

/// <param name="Collection">The last one, or the one that runs; null if there was none.</param>
/// <param name="DryRun">The last one that changed nothing, and told what would have been done.</param>
public sealed record ChunkCollectionView(string Store, CollectionView? Collection, CollectionView? DryRun);

/// <summary>What a collection has found and done.</summary>
/// <param name="FinishedAt">Null while it runs.</param>
/// <param name="NeededChunks">What something needs.</param>
/// <param name="CondemnedChunks">Found not to be needed for the first time: they stay for the grace period.</param>
/// <param name="PardonedChunks">Had been condemned, and are needed again.</param>
/// <param name="WaitingChunks">Condemned before, and still within the grace period, or somebody is at work who may need them.</param>
/// <param name="LeftoversDeleted">Packs that crashes have left.</param>
/// <param name="MissingChunks">Are needed, and lie nowhere.</param>
/// <param name="Problem">Why it could not do everything; null if it could.</param>
public sealed record CollectionView(
    string StartedAt, string? FinishedAt, long NeededChunks, long NeededBytes, long CondemnedChunks, long CondemnedBytes, long PardonedChunks,
    long WaitingChunks, long WaitingBytes, long RemovedChunks, long RemovedBytes, long PacksDeleted, long PacksRewritten, long LeftoversDeleted, long FreedBytes,
    long MissingChunks, string? Problem);

/// <summary><c>GET /tintype/v1/chunks/scrub</c>.</summary>
public sealed record ChunkScrubsView(IReadOnlyList<ChunkScrubView> Stores);

/// <param name="StartedAt">Of the pass that runs, or ran last; null if there was none.</param>
/// <param name="FinishedAt">Null while it runs.</param>
/// <param name="TotalBytes">That there were to be read when it began.</param>
/// <param name="DamagedChunks">That cannot be read now, whoever found it out.</param>
/// <param name="HealedChunks">That could not, and can be again.</param>
/// <param name="Damages">The images, and other data, that they belong to.</param>
public sealed record ChunkScrubView(
    string Store, string? StartedAt, string? FinishedAt, long ReadBytes, long TotalBytes, long ReadChunks, long DamagedChunks, long HealedChunks, IReadOnlyList<DamagedBlobView> Damages);

/// <param name="ImageId">Null if it is the data of no image any more, and a server stands on it.</param>
/// <param name="Places">Parts of the data that cannot be read.</param>
/// <param name="Reason">Of one of them.</param>
/// <param name="Obstacle">Why it has not been healed.</param>
public sealed record DamagedBlobView(Guid BlobId, Guid? ImageId, string? ImageName, long Places, string Reason, string FoundAt, string? Obstacle);
