using Tintype.Images.Metadefs.Items;
using Tintype.Images.Metadefs.Namespaces;
using Tintype.Images.Metadefs.ResourceTypes;
using Tintype.Images.Policies;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol.Images;

namespace Tintype.Images.Metadefs.Properties;

/// <summary>A property by the name that it has on a kind of resource, where its association's prefix stands before it.</summary>
internal sealed class PropertiesOnResources(
    NamespaceRepository namespaces, ItemRepository items, ResourceTypeRepository resourceTypes, MetadefRules rules, MetadataDatabase database)
{
    /// <param name="resourceType">Null or empty for the property's own name.</param>
    /// <exception cref="Fault">404: no namespace, association or property, or a name without the prefix.</exception>
    public Task<Item<PropertyDefinition>> ShowAsync(string ns, string name, string? resourceType, Caller caller, CancellationToken ct) =>
        database.ReadAsync(async connection =>
        {
            var db = Statements.Of(connection);
            var seen = await namespaces.SeenAsync(db, ns, caller, rules, ItemKinds.Properties.NamespaceNotFound);
            rules.Require(MetadefPolicy.GetProperty, caller, seen);
            var own = string.IsNullOrEmpty(resourceType) ? name : WithoutPrefix(name, await PrefixAsync(db, seen, resourceType, caller));
            return await items.FindAsync(db, ItemKinds.Properties, seen.Id, own) ?? throw ItemKinds.Properties.NotFound(own);
        }, ct);

    private async Task<string?> PrefixAsync(Statements db, MetadefNamespace ns, string resourceType, Caller caller)
    {
        rules.Require(MetadefPolicy.GetResourceType, caller, ns);
        if (await items.FindAsync(db, ItemKinds.Associations, ns.Id, resourceType) is { } association)
            return association.Content.Prefix;
        throw await resourceTypes.ExistsAsync(db, resourceType) ? Fault.AssociationNotFound(resourceType, ns.Name) : Fault.ResourceTypeNotFound(resourceType);
    }

    private static string WithoutPrefix(string name, string? prefix) => prefix is { Length: > 0 } && name.StartsWith(prefix, StringComparison.Ordinal)
        ? name[prefix.Length..]
        : throw Fault.WithoutPrefix(name, prefix);
}
