namespace Tintype.Storage;

/// <summary>A store that keeps what is equal in several blobs once.</summary>
public interface IDeduplicating
{
    /// <summary>
    /// What of the store a blob takes, exactly: every manifest of the store is walked, which reads a thousandth of what all blobs are long
    /// together, equal parts once; then each of the blob's own chunks is looked up. Of a store with terabytes that is minutes.
    /// </summary>
    /// <exception cref="BlobNotFoundException">No such blob.</exception>
    Task<StoredSizes> MeasureAsync(Guid id, CancellationToken ct);
}

/// <summary>Bytes as they are stored, without what packs have of their own.</summary>
/// <param name="Unique">That no other blob needs: what would be free without this one.</param>
/// <param name="Shared">That others need too.</param>
public readonly record struct StoredSizes(long Unique, long Shared);
