namespace Tintype.Storage.Chunks.Collection;

/// <summary>What a collection has found and done, as far as it has come. Of a dry run: what it would have done.</summary>
public sealed class CollectionTally
{
    /// <summary>Chunks and nodes that something needs.</summary>
    public long Needed { get; set; }

    public long NeededBytes { get; set; }

    /// <summary>Nothing needs them any more since this collection: they stay for the grace period, and go if they are not needed then either.</summary>
    public long Condemned { get; set; }

    public long CondemnedBytes { get; set; }

    /// <summary>Had been condemned, and are needed again.</summary>
    public long Pardoned { get; set; }

    /// <summary>Still condemned, since the grace period is not over or somebody who may need them is at work.</summary>
    public long Waiting { get; set; }

    public long WaitingBytes { get; set; }

    /// <summary>Given up.</summary>
    public long Removed { get; set; }

    public long RemovedBytes { get; set; }

    public long PacksDeleted { get; set; }

    public long PacksRewritten { get; set; }

    /// <summary>Packs that the index does not know: what crashes have left.</summary>
    public long LeftoversDeleted { get; set; }

    /// <summary>By which the packs have become smaller.</summary>
    public long FreedBytes { get; set; }

    /// <summary>Chunks that something needs and that lie nowhere.</summary>
    public long Missing { get; set; }

    /// <summary>Why the collection could not do everything; null if it could.</summary>
    public string? Problem { get; set; }
}

/// <summary>How long what, for the collector of a chunk store.</summary>
/// <param name="GracePeriod">How long a chunk stays after it was found not to be needed.</param>
/// <param name="RewriteBelow">The part of a pack that is still needed below which the rest is written anew, 0 to 1.</param>
public sealed record CollectionRules(TimeSpan GracePeriod, double RewriteBelow);
