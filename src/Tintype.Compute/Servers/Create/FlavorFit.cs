using Tintype.Compute.Flavors;
using Tintype.Images.Records;
using Tintype.Platform.Http;

namespace Tintype.Compute.Servers.Create;

/// <summary>Whether a flavor is large enough for an image, in Nova's order and words.</summary>
internal static class FlavorFit
{
    private const long Gib = 1024L * 1024 * 1024;

    /// <exception cref="Fault">400: it is not.</exception>
    public static void Require(Flavor flavor, ImageRecord image)
    {
        if (flavor.Memory < image.MinRam)
            throw Fault.BadRequest($"Flavor's memory is too small for requested image. Flavor has {flavor.Memory} MiB, the image asks for {image.MinRam} MiB.");
        if (flavor.Disk == 0)
            return;
        var disk = flavor.Disk * Gib;
        // The larger of the two: the disk inside is what must fit, and Nova also asks it of the file.
        var size = Math.Max(image.Size ?? 0, image.VirtualSize ?? 0);
        if (size > disk)
            throw Fault.BadRequest($"Flavor's disk is too small for requested image. Flavor disk is {disk} bytes, image is {size} bytes.");
        if (image.MinDisk * Gib > disk)
            throw Fault.BadRequest("Flavor's disk is smaller than the minimum size specified in image metadata. "
                + $"Flavor disk is {disk} bytes, minimum size is {image.MinDisk * Gib} bytes.");
    }
}
