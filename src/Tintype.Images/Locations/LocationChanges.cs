using Microsoft.Extensions.Options;
using Tintype.Images.Data;
using Tintype.Images.Data.Blobs;
using Tintype.Images.Policies;
using Tintype.Images.Records;
using Tintype.Images.Stores;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Storage;

namespace Tintype.Images.Locations;

/// <summary>What patches make of the locations of images.</summary>
internal sealed class LocationChanges(
    LocationRepository locations, LocationProbe probe, BlobRepository blobs, ImageStores stores, ImagePolicies policies, IOptions<LocationOptions> options, IOptions<ImageDataOptions> data)
{
    private readonly LocationRules _rules = new(stores.Web?.Name, data.Value.Hash, options.Value.LocationQuota);

    /// <summary>The image with its locations, as the database has them.</summary>
    public async Task<LocatedImage> LocateAsync(ImageRecord image, CancellationToken ct) => new(image, await locations.ListAsync(image.BlobId, ct));

    public async Task<LocatedImage> LocateAsync(WriteScope scope, ImageRecord image) => new(image, await locations.ListAsync(scope, image.BlobId));

    /// <summary>Asks for the sizes of what a patch, which has been judged without them, would add.</summary>
    /// <exception cref="Fault">400.</exception>
    public Task<IReadOnlyDictionary<string, long>> MeasureAsync(LocatedImage before, LocatedImage after, CancellationToken ct) =>
        probe.MeasureAsync(after.Locations.Where(l => !l.IsOwn && before.Locations.All(b => b.Url != l.Url)).Select(l => l.Url), ct);

    /// <param name="sizes">Of what is new; null to judge the change without them.</param>
    /// <exception cref="Fault">400, 403, 409, 413.</exception>
    public LocatedImage Apply(LocatedImage located, ImageChange change, Caller caller, IReadOnlyDictionary<string, long>? sizes)
    {
        if (change.Operation == PatchOperation.Replace && change.Value.GetArrayLength() == 0)
            throw Fault.Denied("Cannot set locations to empty list.");
        policies.Require(change.Operation == PatchOperation.Remove ? ImagePolicy.DeleteImageLocation : ImagePolicy.SetImageLocation, caller, located.Image);
        if (!options.Value.ShowMultipleLocations)
            throw Fault.LocationsInvisible(change.Operation switch { PatchOperation.Add => "add", PatchOperation.Remove => "remove", _ => "update" });
        return change.Operation switch
        {
            PatchOperation.Add => _rules.Add(located, change.Step!, NewLocation.ParseAll(change.Operation, change.Value)[0], sizes),
            PatchOperation.Remove => LocationRules.Remove(located, change.Step!),
            _ => _rules.Replace(located, NewLocation.ParseAll(change.Operation, change.Value), sizes),
        };
    }

    /// <summary>Writes the locations; the image itself is the caller's to write.</summary>
    /// <returns>The image as it is to be written, and the copies whose bytes are to be removed once that is durable.</returns>
    public async Task<(ImageRecord Image, IReadOnlyList<BlobCopy> Removed)> SaveAsync(WriteScope scope, LocatedImage before, LocatedImage after)
    {
        var image = after.Image;
        if (image.BlobId is not { } blobId)
        {
            blobId = Guid.NewGuid();
            await blobs.InsertAsync(scope, blobId, image.Size!.Value, BlobFormat.Of(image.DiskFormat!), null);
        }

        var removed = before.Locations.Except(after.Locations).Where(l => l.IsOwn && after.Locations.All(a => a.Url != l.Url)).Select(l => l.ToCopy(blobId)).ToList();
        // An instance's disk lies on it: QEMU has the file open, or reads from the store, and does so again at the next start.
        if (removed.FirstOrDefault(CarriesGuests) is { } file && await blobs.IsHeldAsync(scope, blobId))
            throw Fault.CopyInUse(image.Id, file.Store);
        await locations.ReplaceAsync(scope, blobId, after.Locations);
        return (image with { BlobId = blobId, Stores = [.. after.Locations.Select(l => l.Store)] }, removed);
    }

    private bool CarriesGuests(BlobCopy copy) => stores.TryFind(copy.Store, out var store) && store.Blobs is ILocalFile or IDiskStore;
}
