using Tintype.Images.Policies;
using Tintype.Images.Protections;
using Tintype.Images.Quotas;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Records;

/// <summary>What clients change about an image: patches, tags, deactivation, deletion. Each is one transaction.</summary>
internal sealed class ImageChanges(
    ImageRepository images, ImageLifecycle lifecycle, ImagePolicies policies, PropertyProtections protections, LocalQuotas limits, ImageDeletion deletion,
    MetadataDatabase database)
{
    /// <summary>All changes or none. An empty patch changes nothing, <c>updated_at</c> neither, and is open to all who see the image.</summary>
    public Task<ImageRecord> PatchAsync(Guid id, IReadOnlyList<ImageChange> changes, PatchDialect dialect, Caller caller, CancellationToken ct) =>
        database.WriteAsync(async scope =>
        {
            var image = await lifecycle.FindForAsync(scope, ImageAction.Show, id, caller);
            var changed = changes.Aggregate(image, (current, change) => Apply(current, change, dialect, caller));
            limits.Check(image, changed);
            return changes.Count == 0 ? image : await images.SaveAsync(scope, changed);
        }, ct);

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
        if (name == "locations")
            throw RefuseLocations(image, change, caller);
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

    // Where the data lies is this service's affair, as in a Glance that does not show locations.
    private Fault RefuseLocations(ImageRecord image, ImageChange change, Caller caller) => change.Operation switch
    {
        PatchOperation.Replace when change.Value.ValueKind == System.Text.Json.JsonValueKind.Array && change.Value.GetArrayLength() == 0 =>
            Fault.Denied("Cannot set locations to empty list."),
        PatchOperation.Remove when !policies.Allows(ImagePolicy.DeleteImageLocation, caller, image) => Fault.NotAuthorized(ImagePolicy.DeleteImageLocation.Name),
        var operation => Fault.Forbidden($"It's not allowed to {operation.ToString().ToLowerInvariant()} locations if locations are invisible."),
    };
}
