using Tintype.Images.Metadefs.Items;
using Tintype.Images.Metadefs.Objects;
using Tintype.Images.Metadefs.ResourceTypes;
using Tintype.Images.Metadefs.Tags;
using Tintype.Platform.Database;
using Tintype.Protocol.Images;

namespace Tintype.Images.Metadefs.Namespaces;

/// <summary>Namespaces as the API shows them. What a namespace has none of is left out.</summary>
internal static class NamespaceViews
{
    public static string Link(string name) => $"/v2/metadefs/namespaces/{name}";

    /// <summary>Without what it contains.</summary>
    public static MetadefNamespaceView View(this MetadefNamespace ns) => new(
        ns.Name, ns.DisplayName, ns.Description, ns.IsPublic ? "public" : "private", ns.Protected, ns.Owner, ns.CreatedAt.ToWire(), ns.UpdatedAt.ToWire(),
        null, null, null, null, Link(ns.Name), "/v2/schemas/metadefs/namespace");

    /// <summary>As lists show it.</summary>
    public static MetadefNamespaceView View(this MetadefNamespace ns, IReadOnlyList<Item<AssociationContent>> associations) =>
        ns.View() with { ResourceTypeAssociations = associations.Count == 0 ? null : [.. associations.Select(a => a.View())] };

    /// <summary>As its creation is answered: what it contains stands there as the client sent it, where the client sent it, be it empty.</summary>
    public static MetadefNamespaceView View(this MetadefNamespace ns, NamespaceContents contents) => ns.View() with
    {
        ResourceTypeAssociations = contents.Associations?.Select(a => a.View()).ToList(),
        Properties = contents.Properties?.ToDictionary(p => p.Name, p => p.Content, StringComparer.Ordinal),
        Objects = contents.Objects?.Select(o => o.View()).ToList(),
        Tags = contents.Tags?.Select(t => TagViews.NameView(t.Name)).ToList(),
    };

    /// <param name="resourceType">The kind of resource by whose prefix properties are named; null for their own names.</param>
    public static MetadefNamespaceView View(this WholeNamespace whole, string? resourceType)
    {
        var prefix = whole.Associations.FirstOrDefault(a => a.Name == resourceType)?.Content.Prefix ?? "";
        IReadOnlyDictionary<string, PropertyDefinition> Named(IEnumerable<KeyValuePair<string, PropertyDefinition>> properties) =>
            properties.ToDictionary(p => prefix + p.Key, p => p.Value, StringComparer.Ordinal);

        return whole.Namespace.View(whole.Associations) with
        {
            Properties = whole.Properties.Count == 0 ? null : Named(whole.Properties.Select(p => KeyValuePair.Create(p.Name, p.Content))),
            Objects = whole.Objects.Count == 0 ? null : [.. whole.Objects.Select(o => o.View(whole.Namespace.Name)).Select(o => o with
            {
                Properties = Named(o.Properties!),
                Required = [.. o.Required!.Select(name => prefix + name)],
            })],
            Tags = whole.Tags.Count == 0 ? null : [.. whole.Tags.Select(t => TagViews.NameView(t.Name))],
        };
    }
}
