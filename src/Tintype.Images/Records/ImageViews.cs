using Tintype.Platform.Database;
using Tintype.Protocol.Images;

namespace Tintype.Images.Records;

internal static class ImageViews
{
    /// <summary>The image as the Images API shows it. Links are relative to the API's root, as Glance's are.</summary>
    public static ImageView View(this ImageRecord image)
    {
        var self = $"/v2/images/{image.Id}";
        return new ImageView(
            image.Id, image.Name, image.DiskFormat, image.ContainerFormat, image.Visibility.Word(), image.Size, image.VirtualSize,
            image.Status.Word(), image.Checksum, image.Protected, image.MinRam, image.MinDisk, image.Owner.Length == 0 ? null : image.Owner,
            image.Hidden, image.Hash?.Algorithm, image.Hash?.Value, image.CreatedAt.ToWire(), image.UpdatedAt.ToWire(),
            image.Tags, self, $"{self}/file", "/v2/schemas/image", image.Stores.Count == 0 ? null : string.Join(',', image.Stores), image.Properties);
    }
}
