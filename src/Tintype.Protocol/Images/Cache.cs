namespace Tintype.Protocol.Images;

/// <summary>What the cache has, and what it is to have.</summary>
public sealed record CacheView(IReadOnlyList<CachedImageView> CachedImages, IReadOnlyList<Guid> QueuedImages);

/// <param name="LastAccessed">Seconds since 1970, with a fraction.</param>
/// <param name="LastModified">The same.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Checksum">MD5, hexadecimal; null if none is known.</param>
public sealed record CachedImageView(long Id, Guid ImageId, double LastAccessed, double LastModified, long Size, long Hits, string? Checksum);

/// <summary>What has been taken out of the cache because it was too large.</summary>
public sealed record PrunedView(int TotalFilesPruned, long TotalBytesPruned);
