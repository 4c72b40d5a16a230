namespace Tintype.Protocol.Extensions;

/// <summary>What an image takes: <c>GET /tintype/v1/images/{id}/sizes</c>. All in bytes.</summary>
/// <param name="Virtual">The disk inside; null where the format does not say, or there is no data yet.</param>
/// <param name="Logical">The file that is served; null before there is one.</param>
/// <param name="Unique">Stored for this image alone, in all its stores: what would be free without it.</param>
/// <param name="Shared">Stored for it and for others.</param>
/// <param name="Stores">The same for each of its stores.</param>
public sealed record ImageSizesView(Guid ImageId, long? Virtual, long? Logical, long Unique, long Shared, IReadOnlyList<StoreSizesView> Stores);

/// <summary>What an image takes of one store, in bytes.</summary>
public sealed record StoreSizesView(string Store, long Unique, long Shared);
