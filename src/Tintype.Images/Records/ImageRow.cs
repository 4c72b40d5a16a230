using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tintype.Platform.Database;

namespace Tintype.Images.Records;

/// <summary>A row of the table of images as the database driver fills it.</summary>
internal sealed class ImageRow
{
    /// <summary>The columns of <c>images i</c>.</summary>
    public const string Columns = """
        i.id AS Id, i.name AS Name, i.owner AS Owner, i.status AS Status, i.visibility AS Visibility, i.protected AS Protected, i.hidden AS Hidden,
        i.disk_format AS DiskFormat, i.container_format AS ContainerFormat, i.min_disk AS MinDisk, i.min_ram AS MinRam,
        i.size AS Size, i.virtual_size AS VirtualSize, i.blob_id AS BlobId, i.checksum AS Checksum, i.hash_algorithm AS HashAlgorithm, i.hash_value AS HashValue,
        i.properties AS Properties, i.tags AS Tags, i.created_at AS CreatedAt, i.updated_at AS UpdatedAt,
        (SELECT group_concat(store, ',') FROM (SELECT c.store FROM blob_copies c WHERE c.blob_id = i.blob_id ORDER BY c.position)) AS Stores
        """;

    public string Id { get; init; } = "";
    public string? Name { get; init; }
    public string Owner { get; init; } = "";
    public string Status { get; init; } = "";
    public string Visibility { get; init; } = "";
    public bool Protected { get; init; }
    public bool Hidden { get; init; }
    public string? DiskFormat { get; init; }
    public string? ContainerFormat { get; init; }
    public int MinDisk { get; init; }
    public int MinRam { get; init; }
    public long? Size { get; init; }
    public long? VirtualSize { get; init; }
    public string? BlobId { get; init; }
    public string? Checksum { get; init; }
    public string? HashAlgorithm { get; init; }
    public string? HashValue { get; init; }
    public string Properties { get; init; } = "";
    public string Tags { get; init; } = "";
    public long CreatedAt { get; init; }
    public long UpdatedAt { get; init; }

    /// <summary>Names, with commas between; they have none in them. Null when there is no data.</summary>
    public string? Stores { get; init; }

    /// <summary>Only of queries that join the members.</summary>
    public string? MemberStatus { get; init; }

    public static ImageRow Of(ImageRecord image) => new()
    {
        Id = image.Id.ToString(),
        Name = image.Name,
        Owner = image.Owner,
        Status = image.Status.Word(),
        Visibility = image.Visibility.Word(),
        Protected = image.Protected,
        Hidden = image.Hidden,
        DiskFormat = image.DiskFormat,
        ContainerFormat = image.ContainerFormat,
        MinDisk = image.MinDisk,
        MinRam = image.MinRam,
        Size = image.Size,
        VirtualSize = image.VirtualSize,
        BlobId = image.BlobId?.ToString(),
        Checksum = image.Checksum,
        HashAlgorithm = image.Hash?.Algorithm,
        HashValue = image.Hash?.Value,
        Properties = JsonSerializer.Serialize(image.Properties, RowJson.Readable.IReadOnlyDictionaryStringString),
        Tags = JsonSerializer.Serialize(image.Tags, RowJson.Readable.IReadOnlyListString),
        CreatedAt = image.CreatedAt.ToMicroseconds(),
        UpdatedAt = image.UpdatedAt.ToMicroseconds(),
    };

    public ImageRecord ToRecord() => new(
        Guid.Parse(Id), Name, Owner, ImageWords.Status(Status), ImageWords.Visibility(Visibility)!.Value, Protected, Hidden,
        DiskFormat, ContainerFormat, MinDisk, MinRam, Size, VirtualSize, BlobId is null ? null : Guid.Parse(BlobId), Checksum,
        HashValue is null ? null : new ImageHash(HashAlgorithm!, HashValue),
        JsonSerializer.Deserialize(Properties, RowJson.Default.IReadOnlyDictionaryStringString)!,
        JsonSerializer.Deserialize(Tags, RowJson.Default.IReadOnlyListString)!,
        Timestamp.FromMicroseconds(CreatedAt), Timestamp.FromMicroseconds(UpdatedAt))
    {
        Stores = Stores?.Split(',') ?? [],
    };
}

[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class RowJson : JsonSerializerContext
{
    /// <summary>Writes text as it is: the database compares names and values of properties within the JSON.</summary>
    public static RowJson Readable { get; } = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
