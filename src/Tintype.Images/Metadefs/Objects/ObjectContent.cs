using System.Text.Json;
using Tintype.Images.Metadefs.Items;
using Tintype.Images.Metadefs.Properties;
using Tintype.Platform.Database;
using Tintype.Protocol.Images;

namespace Tintype.Images.Metadefs.Objects;

/// <param name="Required">Names of properties that go with the object wherever it is used.</param>
internal sealed record ObjectContent(string? Description, IReadOnlyList<string>? Required, IReadOnlyDictionary<string, PropertyDefinition>? Properties)
{
    /// <exception cref="Platform.Http.Fault">400.</exception>
    public static ItemDraft<ObjectContent> Parse(JsonElement body, string where)
    {
        MetadefBody.OnlyKnown(body, where, "name", "required", "description", "properties", "created_at", "updated_at", "self", "schema");
        return new(MetadefBody.RequiredName(body, where), new ObjectContent(
            MetadefBody.Text(body, "description", where),
            body.TryGetProperty("required", out var required) ? [.. required.EnumerateArray().Select(name => MetadefBody.WithoutNul(name.GetString()!, "required", where))] : null,
            body.TryGetProperty("properties", out var properties) ? PropertyParser.ParseAll(properties, where) : null));
    }
}

internal static class ObjectViews
{
    /// <summary>As it is kept: what was not said is empty.</summary>
    public static MetadefObjectView View(this Item<ObjectContent> item, string ns) =>
        item.Answer(ns) with { Required = item.Content.Required ?? [], Properties = item.Content.Properties ?? new Dictionary<string, PropertyDefinition>() };

    /// <summary>As a request that made or changed it is answered: what was not said is not there.</summary>
    public static MetadefObjectView Answer(this Item<ObjectContent> item, string ns) => new(
        item.Name, item.Content.Required, item.Content.Description, item.Content.Properties, item.CreatedAt.ToWire(), item.UpdatedAt.ToWire(),
        $"/v2/metadefs/namespaces/{ns}/objects/{item.Name}", "/v2/schemas/metadefs/object");

    public static MetadefObjectView View(this ItemDraft<ObjectContent> draft) =>
        new(draft.Name, draft.Content.Required, draft.Content.Description, draft.Content.Properties, null, null, null, null);
}
