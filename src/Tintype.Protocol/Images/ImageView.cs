using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tintype.Protocol.Images;

/// <summary>An image of the Images API v2. On the wire the custom properties stand flat beside the attributes.</summary>
/// <param name="Size">Bytes; null before there is data.</param>
/// <param name="VirtualSize">Bytes of the disk inside; null when unknown.</param>
/// <param name="Checksum">MD5, hexadecimal.</param>
/// <param name="MinRam">MiB.</param>
/// <param name="MinDisk">GiB.</param>
/// <param name="Owner">Project id; null for an image of nobody.</param>
/// <param name="CreatedAt">ISO 8601, UTC, whole seconds.</param>
/// <param name="Stores">The names of the stores that have the data, with commas between; null, and then left out, before there is data.</param>
/// <param name="Properties">Custom properties.</param>
[JsonConverter(typeof(ImageViewConverter))]
public sealed record ImageView(
    Guid Id, string? Name, string? DiskFormat, string? ContainerFormat, string Visibility, long? Size, long? VirtualSize, string Status,
    string? Checksum, bool Protected, int MinRam, int MinDisk, string? Owner, bool OsHidden, string? OsHashAlgo, string? OsHashValue,
    string CreatedAt, string UpdatedAt, IReadOnlyList<string> Tags, string Self, string File, string Schema,
    string? Stores, IReadOnlyDictionary<string, string> Properties)
{
    /// <summary>Where the data lies; left out where that is not shown.</summary>
    public IReadOnlyList<ImageLocationView>? Locations { get; init; }

    /// <summary>The first of them; left out where it is not shown, or there is none.</summary>
    public string? DirectUrl { get; init; }
}

/// <summary>A place where an image's data lies.</summary>
/// <param name="Metadata">An object: the store's name, and what users have noted.</param>
public sealed record ImageLocationView(string Url, JsonElement Metadata);

/// <summary>A page of images.</summary>
/// <param name="First">The same query from its beginning.</param>
/// <param name="Next">The query of the next page; null on the last one.</param>
public sealed record ImageListView(
    IReadOnlyList<ImageView> Images, string First, string Schema,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);

/// <summary>An offer of a shared image to a project.</summary>
/// <param name="MemberId">The project.</param>
/// <param name="Status">pending, accepted or rejected.</param>
public sealed record ImageMemberView(string MemberId, Guid ImageId, string Status, string CreatedAt, string UpdatedAt, string Schema);

public sealed record ImageMemberListView(IReadOnlyList<ImageMemberView> Members, string Schema);

/// <summary>What a project uses of its limits, by their names.</summary>
public sealed record ImageUsageListView(IReadOnlyDictionary<string, ImageUsageView> Usage);

/// <param name="Limit">-1: none.</param>
public sealed record ImageUsageView(long Usage, long Limit);

/// <summary>The document of versions at the root of the Images API.</summary>
public sealed record ApiVersionListView(IReadOnlyList<ApiVersionView> Versions);

public sealed record ApiVersionView(string Id, string Status, IReadOnlyList<ApiLinkView> Links);

public sealed record ApiLinkView(string Rel, string Href);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ImageView))]
[JsonSerializable(typeof(ImageListView))]
[JsonSerializable(typeof(IReadOnlyList<ImageLocationView>))]
[JsonSerializable(typeof(ImageMemberView))]
[JsonSerializable(typeof(ImageMemberListView))]
[JsonSerializable(typeof(ApiVersionListView))]
[JsonSerializable(typeof(ImageUsageListView))]
[JsonSerializable(typeof(StoreListView))]
[JsonSerializable(typeof(ImportInfoView))]
[JsonSerializable(typeof(CacheView))]
[JsonSerializable(typeof(PrunedView))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(ImageTaskView))]
[JsonSerializable(typeof(ImageTaskListView))]
[JsonSerializable(typeof(TasksOfImageView))]
public sealed partial class ImagesJson : JsonSerializerContext;
