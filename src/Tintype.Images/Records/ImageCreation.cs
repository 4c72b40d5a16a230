using System.Text.Json;
using Tintype.Images.Policies;
using Tintype.Images.Protections;
using Tintype.Images.Quotas;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Records;

/// <summary>Makes image records of what clients send.</summary>
internal sealed class ImageCreation(
    ImageRepository images, ImagePolicies policies, PropertyProtections protections, LocalQuotas limits, ImageQuotas quotas, MetadataDatabase database,
    TimeProvider time)
{
    /// <exception cref="Fault">400, 403, 409 (the id has been used), 413.</exception>
    public Task<ImageRecord> CreateAsync(JsonElement body, Caller caller, CancellationToken ct)
    {
        var image = Draft(body, caller);
        return database.WriteAsync(async scope =>
        {
            await quotas.AdmitImageAsync(scope, image.Owner);
            return await images.InsertAsync(scope, image) ? image : throw Fault.DuplicateImage(image.Id);
        }, ct);
    }

    /// <summary>The record that the body asks for, as of now.</summary>
    /// <exception cref="Fault">400, 403, 413.</exception>
    public ImageRecord Draft(JsonElement body, Caller caller) => Draft(body, caller, policies, protections, limits, time.GetUtcNow());

    /// <summary>The record that the body asks for. The order of the refusals is Glance's.</summary>
    internal static ImageRecord Draft(JsonElement body, Caller caller, ImagePolicies policies, PropertyProtections protections, LocalQuotas limits, DateTimeOffset now)
    {
        if (body.ValueKind != JsonValueKind.Object)
            throw Fault.BadRequest("The body of an image is a JSON object, for example {\"name\": \"my-image\"}.");
        var members = Members(body);
        foreach (var name in _links.Where(members.ContainsKey))
            throw Fault.ReadOnlyAttribute(name);
        foreach (var (name, value) in members)
            ImageAttributes.Validate(name, value);
        foreach (var name in members.Keys)
            CheckName(name);

        var image = new ImageRecord(Guid.NewGuid(), null, caller.ProjectId, ImageStatus.Queued, ImageVisibility.Shared, false, false, null, null,
            0, 0, null, null, null, null, null, new Dictionary<string, string>(), [], now, now);
        foreach (var (name, value) in members.Where(m => !ImageAttributes.IsSystems(m.Key)))
            image = name == "id" ? image with { Id = Guid.Parse(value.GetString()!) } : ImageAttributes.Set(image, name, value);
        CheckPolicy(image, caller, policies);
        foreach (var name in image.Properties.Keys)
            protections.Require(PropertyOperation.Create, name, caller);
        limits.Check(null, image);
        return image;
    }

    private static readonly string[] _links = ["direct_url", "self", "file", "schema", "stores"];

    // The last of several members of one name counts, as in most JSON readers.
    private static Dictionary<string, JsonElement> Members(JsonElement body)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in body.EnumerateObject())
            members[member.Name] = member.Value;
        return members;
    }

    private static void CheckName(string name)
    {
        ImageAttributes.CheckPropertyName(name);
        if (ImageAttributes.IsReserved(name))
            throw Fault.Denied($"Attribute '{name}' is reserved.");
        if (name == "locations")
            throw Fault.ReservedAttribute(name);
        if (name != "id" && ImageAttributes.IsReadOnly(name))
            throw Fault.ReadOnlyAttribute(name);
    }

    private static void CheckPolicy(ImageRecord image, Caller caller, ImagePolicies policies)
    {
        if (!policies.Allows(ImagePolicy.AddImage, caller, image))
        {
            throw image.Owner == caller.ProjectId
                ? Fault.NotAuthorized(ImagePolicy.AddImage.Name)
                : Fault.Denied($"You are not permitted to create images owned by '{(image.Owner.Length == 0 ? "None" : image.Owner)}'");
        }

        policies.RequireVisibility(image.Visibility, caller, image);
    }
}
