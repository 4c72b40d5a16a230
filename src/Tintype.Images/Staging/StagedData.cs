using Tintype.Images.Records;

namespace Tintype.Images.Staging;

/// <summary>What is known of data in the staging area. It is durable.</summary>
/// <param name="BlobId">Its name there.</param>
/// <param name="Size">Bytes.</param>
/// <param name="VirtualSize">Bytes of the disk inside; null when the format does not say.</param>
/// <param name="Checksum">MD5, hexadecimal.</param>
/// <param name="Refusal">Why it must not become the image's data, a sentence; null if it may.</param>
/// <param name="DiskFormat">What the data is in. Becomes the image's together with the data, as the properties do.</param>
internal sealed record StagedData(
    Guid BlobId, Guid ImageId, long Size, long? VirtualSize, string Checksum, ImageHash Hash, string? DiskFormat, string? ContainerFormat,
    IReadOnlyDictionary<string, string> Properties, string? Refusal)
{
    /// <summary>All that it was hashed by when it came, hexadecimal by the algorithms' names; fewer of data that an earlier version has staged.</summary>
    public IReadOnlyDictionary<string, string> Digests { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether it is what an import has made of what came, which was judged before.</summary>
    public bool IsPrepared { get; init; }
}
