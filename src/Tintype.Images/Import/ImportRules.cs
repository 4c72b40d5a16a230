using Tintype.Images.Records;
using Tintype.Platform.Http;

namespace Tintype.Images.Import;

/// <summary>Which image may be imported into by which method, and whereto: Glance's conditions, in its order.</summary>
internal static class ImportRules
{
    /// <exception cref="Fault">409.</exception>
    public static void CheckState(ImportMethod method, ImageRecord image)
    {
        if (image.Status == ImageStatus.Active && method != ImportMethod.CopyImage)
            throw Fault.Conflict("Image with status active cannot be target for import");
        if (image.Status != ImageStatus.Active && method == ImportMethod.CopyImage)
            throw Fault.Conflict("Only images with status active can be targeted for copying");
        if (image.Status != ImageStatus.Queued && method is ImportMethod.WebDownload or ImportMethod.GlanceDownload)
            throw Fault.Conflict($"Image needs to be in 'queued' state to use '{method.Word()}' method");
        if (image.Status != ImageStatus.Uploading && method == ImportMethod.GlanceDirect)
            throw Fault.Conflict("Image needs to be staged before 'glance-direct' method can be used");
        if (image.ContainerFormat is null)
            throw Fault.Conflict("'container_format' needs to be set before import");
        if (image.DiskFormat is null)
            throw Fault.Conflict("'disk_format' needs to be set before import");
    }

    /// <summary>The stores that the data goes to; none when a copy to all of them is there already.</summary>
    /// <param name="wished">The header <c>x-image-meta-store</c>; null without it.</param>
    /// <param name="known">The stores that take data, by name.</param>
    /// <exception cref="Fault">400 contradictory, or there already; 409 unknown.</exception>
    public static IReadOnlyList<string> Stores(ImportRequest request, string? wished, ImageRecord image, IReadOnlyList<string> known, string byDefault)
    {
        if (request.AllStores && (request.Stores is not null || wished is not null))
            throw Fault.BadRequest("All_stores parameter can't be used with x-image-meta-store header or stores parameter");
        if (request.Stores is not null && wished is not null)
            throw Fault.BadRequest("Stores parameter and x-image-meta-store header can't be both specified");
        if (request.AllStores)
            return [.. known.Where(name => !image.Stores.Contains(name, StringComparer.Ordinal))];

        var stores = request.Stores ?? [wished ?? byDefault];
        if (stores.Count == 0)
            throw Fault.BadRequest($"'stores' is empty; it names stores to import to, of {string.Join(", ", known)}.");
        if (stores.FirstOrDefault(name => !known.Contains(name, StringComparer.Ordinal)) is { } unknown)
            throw Fault.Conflict($"Store identifier '{unknown}' is not known, or takes no data; there is {string.Join(", ", known)}.");
        if (stores.FirstOrDefault(name => image.Stores.Contains(name, StringComparer.Ordinal)) is { } present)
            throw Fault.BadRequest($"Image is already present at store '{present}'");
        return stores;
    }
}
