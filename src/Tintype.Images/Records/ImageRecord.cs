namespace Tintype.Images.Records;

/// <summary>The states of Glance's life cycle that occur here.</summary>
public enum ImageStatus
{
    Queued,
    Saving,
    Uploading,
    Importing,
    Active,
    Deactivated,
    Deleted,
}

public enum ImageVisibility
{
    Public,
    Community,
    Shared,
    Private,
}

/// <summary>The hash of an image's data.</summary>
/// <param name="Algorithm">As Python's hashlib names it: sha512, for example.</param>
/// <param name="Value">Lower-case hexadecimal.</param>
public sealed record ImageHash(string Algorithm, string Value);

/// <summary>An image as other rooms see it.</summary>
/// <param name="Owner">The id of the project that owns it.</param>
/// <param name="DiskFormat">raw, qcow2, …; null until it is set.</param>
/// <param name="MinDisk">GiB.</param>
/// <param name="MinRam">MiB.</param>
/// <param name="Size">Bytes of the data as uploaded and served; null before it is active.</param>
/// <param name="VirtualSize">Bytes of the disk inside; null before it is active, or when the format does not say.</param>
/// <param name="BlobId">Where the data is; null before it is active.</param>
/// <param name="Checksum">MD5, hexadecimal; null before it is active, and as long as nobody has read the data as it is served.</param>
/// <param name="Hash">By the algorithm that was the operator's choice when the data came; null as long as the checksum is.</param>
/// <param name="Properties">Custom properties, the system's <c>tintype_*</c> included.</param>
public sealed record ImageRecord(
    Guid Id, string? Name, string Owner, ImageStatus Status, ImageVisibility Visibility, bool Protected, bool Hidden,
    string? DiskFormat, string? ContainerFormat, int MinDisk, int MinRam, long? Size, long? VirtualSize, Guid? BlobId,
    string? Checksum, ImageHash? Hash, IReadOnlyDictionary<string, string> Properties, IReadOnlyList<string> Tags,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>The stores that the data lies in, the one that took it first; none before it is active.</summary>
    public IReadOnlyList<string> Stores { get; init; } = [];
}
