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
            return [.. images.Select(image => image.View())];
        var ids = images.Where(image => policies.Allows(ImagePolicy.GetImageLocation, caller, image)).Select(image => image.BlobId).OfType<Guid>().ToList();
        var known = await locations.ListAsync(ids, ct);
        return [.. images.Select(image => View(image, image.BlobId is { } id && known.TryGetValue(id, out var found) ? found : []))];
    }

    public static ImageLocationView View(ImageLocation location) => new(location.Url, location.Metadata.In(location.Store));

    private ImageView View(ImageRecord image, IReadOnlyList<ImageLocation> found) => image.View() with
    {
        Locations = options.Value.ShowMultipleLocations ? [.. found.Select(View)] : null,
        DirectUrl = options.Value.ShowImageDirectUrl ? found.OrderByDescending(Weight).FirstOrDefault()?.Url : null,
    };

    private int Weight(ImageLocation location) => stores.TryFind(location.Store, out var store) ? store.Weight : 0;
}
