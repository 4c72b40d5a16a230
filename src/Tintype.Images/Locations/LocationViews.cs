using Microsoft.Extensions.Options;
using Tintype.Images.Policies;
using Tintype.Images.Records;
using Tintype.Images.Stores;
using Tintype.Platform.Policy;
using Tintype.Protocol.Images;

namespace Tintype.Images.Locations;

/// <summary>Shows images, with where they lie if the operator will have it shown, and the caller may know it.</summary>
internal sealed class LocationViews(LocationRepository locations, ImageStores stores, ImagePolicies policies, IOptions<LocationOptions> options)
{
    public async ValueTask<ImageView> ViewAsync(ImageRecord image, Caller caller, CancellationToken ct) => (await ViewAsync([image], caller, ct))[0];

    public async ValueTask<IReadOnlyList<ImageView>> ViewAsync(IReadOnlyList<ImageRecord> images, Caller caller, CancellationToken ct)
    {
        if (!options.Value.ShowMultipleLocations && !options.Value.ShowImageDirectUrl)
            return [.. images.Select(image => View(image, caller))];
        var ids = images.Where(image => policies.Allows(ImagePolicy.GetImageLocation, caller, image)).Select(image => image.BlobId).OfType<Guid>().ToList();
        var known = await locations.ListAsync(ids, ct);
        return [.. images.Select(image => View(image, image.BlobId is { } id && known.TryGetValue(id, out var found) ? found : [], caller))];
    }

    public static ImageLocationView View(ImageLocation location) => new(location.Url, location.Metadata.In(location.Store));

    private ImageView View(ImageRecord image, IReadOnlyList<ImageLocation> found, Caller caller)
    {
        if (IsWithheld(image, caller))
            found = [];
        return View(image, caller) with
        {
            Locations = options.Value.ShowMultipleLocations ? [.. found.Select(View)] : null,
            DirectUrl = options.Value.ShowImageDirectUrl ? found.OrderByDescending(Weight).FirstOrDefault()?.Url : null,
        };
    }

    private ImageView View(ImageRecord image, Caller caller) => IsWithheld(image, caller) ? image.View() with { Stores = null } : image.View();

    // Whose data an administrator has withdrawn, it is not to be read past this service either.
    private bool IsWithheld(ImageRecord image, Caller caller) => image.Status == ImageStatus.Deactivated && !policies.IsAdmin(caller);

    private int Weight(ImageLocation location) => stores.TryFind(location.Store, out var store) ? store.Weight : 0;
}
