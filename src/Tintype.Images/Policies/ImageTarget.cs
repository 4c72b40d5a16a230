using System.Globalization;
using Tintype.Images.Records;
using Tintype.Platform.Policy;

namespace Tintype.Images.Policies;

/// <summary>
/// An image as the rules see it. Custom properties are no attributes: a project writes them itself, and a rule that rests on them would
/// be in the hands of those whom it judges.
/// </summary>
/// <param name="memberId">The project to which an offer of the image is meant; null where it is about none.</param>
internal sealed class ImageTarget(ImageRecord image, string? memberId) : IPolicyTarget
{
    public static PolicyTargetKind Kind { get; } = PolicyTargetKind.Of("an image",
        "id", "image_id", "name", "owner", "project_id", "member", "member_id", "visibility", "status", "protected", "os_hidden",
        "disk_format", "container_format", "min_disk", "min_ram", "size", "virtual_size", "checksum", "os_hash_value");

    public string? Attribute(string name) => name switch
    {
        "project_id" or "owner" => image.Owner.Length == 0 ? None : image.Owner,
        "member_id" or "member" => memberId ?? None,
        "visibility" => image.Visibility.Word(),
        "id" or "image_id" => image.Id.ToString(),
        "name" => image.Name ?? None,
        "status" => image.Status.Word(),
        "protected" => image.Protected ? "True" : "False",
        "os_hidden" => image.Hidden ? "True" : "False",
        "disk_format" => image.DiskFormat ?? None,
        "container_format" => image.ContainerFormat ?? None,
        "min_disk" => image.MinDisk.ToString(CultureInfo.InvariantCulture),
        "min_ram" => image.MinRam.ToString(CultureInfo.InvariantCulture),
        "size" => image.Size?.ToString(CultureInfo.InvariantCulture) ?? None,
        "virtual_size" => image.VirtualSize?.ToString(CultureInfo.InvariantCulture) ?? None,
        "checksum" => image.Checksum ?? None,
        "os_hash_value" => image.Hash?.Value ?? None,
        _ => null,
    };

    // As Python writes an unset value, with which the rules of Glance's operators compare.
    private const string None = "None";
}
