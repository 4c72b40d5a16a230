using Tintype.Images.Locations;
using Tintype.Images.Policies;
using Tintype.Images.Protections;
using Tintype.Images.Quotas;
using Tintype.Images.Stores;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Records;

/// <summary>What clients change about an image: patches, tags, deactivation, deletion. Each is one transaction.</summary>
internal sealed class ImageChanges(
    ImageRepository images, ImageLifecycle lifecycle, ImagePolicies policies, PropertyProtections protections, LocationChanges locations, ImageStores stores,
    LocalQuotas limits, ImageQuotas quotas, ImageDeletion deletion, MetadataDatabase database)
{
    private const string Locations = "locations";

    /// <summary>All changes or none. An empty patch changes nothing, <c>updated_at</c> neither, and is open to all who see the image.</summary>
    public async Task<ImageRecord> PatchAsync(Guid id, IReadOnlyList<ImageChange> changes, PatchDialect dialect, Caller caller, CancellationToken ct)
    {
        if (changes.Any(change => change.Name == Locations))
            return await RelocateAsync(id, changes, dialect, caller, ct);
        return await database.WriteAsync(async scope =>
        {
            var image = await lifecycle.FindForAsync(scope, ImageAction.Show, id, caller);
            var changed = changes.Aggregate(image, (current, change) => Apply(current, change, dialect, caller));
            limits.Check(image, changed);
            return changes.Count == 0 ? image : await images.SaveAsync(scope, changed);
        }, ct);
    }

    public Task AddTagAsync(Guid id, string tag, Caller caller, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var image = await lifecycle.FindForAsync(scope, ImageAction.Tag, id, caller);
        var tagged = image with { Tags = [.. image.Tags.Append(tag).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)] };
        limits.Check(image, tagged);
        await images.SaveAsync(scope, tagged);
    }, ct);

    public Task RemoveTagAsync(Guid id, string tag, Caller caller, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var image = await lifecycle.FindForAsync(scope, ImageAction.Tag, id, caller);
        if (!image.Tags.Contains(tag, StringComparer.Ordinal))
            throw Fault.NotFound("The resource could not be found.").WithDetail($"The image {id} has no tag '{tag}'.");
        await images.SaveAsync(scope, image with { Tags = [.. image.Tags.Where(t => t != tag)] });
    }, ct);

    public Task DeactivateAsync(Guid id, Caller caller, CancellationToken ct) =>
        SwitchAsync(id, ImageAction.Deactivate, ImageStatus.Active, ImageStatus.Deactivated, caller, ct);

    public Task ReactivateAsync(Guid id, Caller caller, CancellationToken ct) =>
        SwitchAsync(id, ImageAction.Reactivate, ImageStatus.Deactivated, ImageStatus.Active, caller, ct);

    /// <exception cref="Fault">403 protected, or not the caller's; 404.</exception>
    public Task DeleteAsync(Guid id, Caller caller, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var image = await lifecycle.FindForAsync(scope, ImageAction.Delete, id, caller);
        if (image.Protected)
            throw Fault.ProtectedImage(id);
        await deletion.DeleteAsync(scope, image);
    }, ct);

    /// <summary>
    /// The patch is judged twice: before the servers of new locations are asked how much they have, so that nobody has them asked who
    /// may not add them; and again, with their answers, where nothing can change any more.
    /// </summary>
    private async Task<ImageRecord> RelocateAsync(Guid id, IReadOnlyList<ImageChange> changes, PatchDialect dialect, Caller caller, CancellationToken ct)
    {
        LocatedImage Changed(LocatedImage located, IReadOnlyDictionary<string, long>? sizes) => changes.Aggregate(located, (current, change) =>
            change.Name == Locations ? locations.Apply(current, change, caller, sizes) : current with { Image = Apply(current.Image, change, dialect, caller) });

        var seen = await locations.LocateAsync(await lifecycle.FindForAsync(ImageAction.Show, id, caller, ct), ct);
        var sizes = await locations.MeasureAsync(seen, Changed(seen, null), ct);
        var (saved, removed) = await database.WriteAsync(async scope =>
        {
            var before = await locations.LocateAsync(scope, await lifecycle.FindForAsync(scope, ImageAction.Show, id, caller));
            var after = Changed(before, sizes);
            limits.Check(before.Image, after.Image);
            if (after.Locations.Count - before.Locations.Count is > 0 and var added)
                await quotas.AdmitBytesAsync(scope, after.Image, added * after.Image.Size!.Value);
            var (image, removed) = await locations.SaveAsync(scope, before, after);
            return (await images.SaveAsync(scope, image), removed);
        }, ct);
        foreach (var copy in removed)
            await stores.DeleteAsync(copy, CancellationToken.None);
        return saved;
    }

    // Asking for the state that the image is in already is no error.
    private Task SwitchAsync(Guid id, ImageAction action, ImageStatus from, ImageStatus to, Caller caller, CancellationToken ct) =>
        database.WriteAsync(async scope =>
        {
            var image = await lifecycle.FindForAsync(scope, action, id, caller);
            if (image.Status == to)
                return;
            if (image.Status != from)
                throw Fault.Forbidden($"Not allowed to {ImageRules.Name(action)} image in status '{image.Status.Word()}'");
            await images.SaveAsync(scope, image with { Status = to });
        }, ct);

    private ImageRecord Apply(ImageRecord image, ImageChange change, PatchDialect dialect, Caller caller)
    {
        var name = change.Name;
        if (name == "owner" && change.Operation != PatchOperation.Remove && !policies.IsAdmin(caller))
            throw Fault.Denied("Owner can't be updated by non admin.");
        if (name == "visibility" && change.Operation != PatchOperation.Remove)
            policies.RequireVisibility(ImageWords.Visibility(change.Value.GetString()!)!.Value, caller, image);
        // That the image is seen has been decided before: what is left is allowed or forbidden.
        policies.Require(ImagePolicy.ModifyImage, caller, image);

        var isProperty = !ImageAttributes.IsWritable(name);
        // What the caller may not read is not there for the caller.
        var exists = !isProperty || (image.Properties.ContainsKey(name) && protections.Allows(PropertyOperation.Read, name, caller));
        switch (change.Operation)
        {
            case PatchOperation.Remove when !isProperty:
                throw Fault.Denied($"Property {name} may not be removed.");
            case PatchOperation.Remove or PatchOperation.Replace when !exists:
                throw Fault.Clash($"Property {name} does not exist.");
            case PatchOperation.Add when exists && dialect == PatchDialect.V20:
                throw Fault.Clash($"Property {name} already present.");
            case PatchOperation.Remove:
                protections.Require(PropertyOperation.Delete, name, caller);
                return image with { Properties = image.Properties.With(new Dictionary<string, string?> { [name] = null }) };
            default:
                if (name is "disk_format" or "container_format" && !ImageTransitions.FormatsMayChange(image.Status))
                    throw Fault.FormatIsFixed(name);
                if (isProperty)
                    RequireWrite(image, name, exists, caller);
                return ImageAttributes.Set(image, name, change.Value);
        }
    }

    private void RequireWrite(ImageRecord image, string name, bool exists, Caller caller)
    {
        if (!exists)
            protections.Require(PropertyOperation.Create, name, caller);
        // One that is there but hidden from the caller is not overwritten by whoever may only make new ones.
        if (image.Properties.ContainsKey(name))
            protections.Require(PropertyOperation.Update, name, caller);
    }
}
