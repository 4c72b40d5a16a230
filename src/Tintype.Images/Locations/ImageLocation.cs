using Tintype.Images.Stores;

namespace Tintype.Images.Locations;

/// <summary>One of the places where an image's data lies, as users see it.</summary>
/// <param name="Url">Of a copy of this service's own too.</param>
/// <param name="IsOwn">Whether the copy is one that this service made, and removes.</param>
internal sealed record ImageLocation(string Store, string Url, bool IsOwn, LocationMetadata Metadata)
{
    public BlobCopy ToCopy(Guid blobId) => new(blobId, Store, IsOwn ? null : Url);
}
