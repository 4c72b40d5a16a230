using System.Text.Json;
using Tintype.Images.Metadefs.Items;
using Tintype.Images.Metadefs.Objects;
using Tintype.Images.Metadefs.Properties;
using Tintype.Images.Metadefs.ResourceTypes;
using Tintype.Images.Metadefs.Tags;

namespace Tintype.Images.Metadefs.Namespaces;

/// <summary>Reads a namespace that fits its schema. What is not said is private and not protected.</summary>
internal static class NamespaceParser
{
    /// <exception cref="Platform.Http.Fault">400.</exception>
    public static NamespaceDraft Parse(JsonElement body)
    {
        const string Where = "the namespace";
        string? Text(string name) => MetadefBody.Text(body, name, Where);
        return new NamespaceDraft(
            MetadefBody.Name(body.GetProperty("namespace").GetString()!, Where), Text("display_name"), Text("description"),
            Text("visibility") == "public", body.TryGetProperty("protected", out var flag) && flag.GetBoolean(), Text("owner"),
            new NamespaceContents(
                All(body, "resource_type_associations", (association, at) => AssociationContent.Parse(association, $"resource type association {at}")),
                body.TryGetProperty("properties", out var properties)
                    ? [.. PropertyParser.ParseAll(properties, Where).Select(p => new ItemDraft<Protocol.Images.PropertyDefinition>(p.Key, p.Value))]
                    : null,
                All(body, "objects", (item, at) => ObjectContent.Parse(item, $"object {at}")),
                All(body, "tags", (tag, at) => TagContent.Parse(tag, $"tag {at}"))));
    }

    private static List<ItemDraft<T>>? All<T>(JsonElement body, string name, Func<JsonElement, int, ItemDraft<T>> parse) =>
        body.TryGetProperty(name, out var all) ? [.. all.EnumerateArray().Select((item, index) => parse(item, index + 1))] : null;
}
