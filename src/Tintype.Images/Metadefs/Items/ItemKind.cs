using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Tintype.Images.Metadefs.Objects;
using Tintype.Images.Metadefs.ResourceTypes;
using Tintype.Images.Metadefs.Tags;
using Tintype.Images.Policies;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol.Images;

namespace Tintype.Images.Metadefs.Items;

/// <summary>What tells one kind of item from another: its word in the database, its content, who may do what with it, and what Glance says when it refuses.</summary>
internal sealed class ItemKind<T>(string word, JsonTypeInfo<T> content)
{
    public string Word { get; } = word;

    public JsonTypeInfo<T> Content { get; } = content;

    public required PolicyRule ListRule { get; init; }

    public required PolicyRule GetRule { get; init; }

    public required PolicyRule AddRule { get; init; }

    /// <summary>Null for what is made and deleted, and never changed.</summary>
    public PolicyRule? ModifyRule { get; init; }

    public required PolicyRule RemoveRule { get; init; }

    /// <summary>Asked beside that of the namespace when all are deleted; null for none.</summary>
    public PolicyRule? RemoveAllRule { get; init; }

    /// <summary>The namespace, by name, is not there or not seen.</summary>
    public Func<string, Fault> NamespaceNotFound { get; init; } = static name => Fault.NamespaceNotFound(name);

    /// <summary>No item of the name.</summary>
    public required Func<string, Fault> NotFound { get; init; }

    /// <summary>A name is taken, in a namespace, when an item is added.</summary>
    public required Func<string, string, Fault> Taken { get; init; }

    /// <summary>The same, when an item is changed.</summary>
    public required Func<string, string, Fault> TakenByAnother { get; init; }

    /// <summary>The item is in a protected namespace.</summary>
    public required Func<string, Fault> Protected { get; init; }
}

internal static class ItemKinds
{
    public static ItemKind<ObjectContent> Objects { get; } = new("object", ItemJson.Default.ObjectContent)
    {
        ListRule = MetadefPolicy.GetObjects,
        GetRule = MetadefPolicy.GetObject,
        AddRule = MetadefPolicy.AddObject,
        ModifyRule = MetadefPolicy.ModifyObject,
        RemoveRule = MetadefPolicy.DeleteObject,
        NamespaceNotFound = static name => Fault.NamespaceMissing(name),
        NotFound = static name => Fault.NotFound($"Could not find metadata object {name}"),
        Taken = static (name, ns) => Fault.Conflict($"A metadata definition object with name={name} already exists in namespace={ns}."),
        TakenByAnother = static (name, ns) => Fault.DuplicateByUpdate("object", name, ns),
        Protected = static name => Fault.ProtectedItem("object", name),
    };

    public static ItemKind<PropertyDefinition> Properties { get; } = new("property", MetadefsJson.Default.PropertyDefinition)
    {
        ListRule = MetadefPolicy.GetProperties,
        GetRule = MetadefPolicy.GetProperty,
        AddRule = MetadefPolicy.AddProperty,
        ModifyRule = MetadefPolicy.ModifyProperty,
        RemoveRule = MetadefPolicy.RemoveProperty,
        NotFound = static name => Fault.NotFound($"Could not find property {name}"),
        Taken = static (name, ns) => Fault.Conflict($"A metadata definition property with name={name} already exists in namespace={ns}."),
        TakenByAnother = static (name, ns) => Fault.DuplicateByUpdate("property", name, ns),
        Protected = static name => Fault.ProtectedItem("property", name),
    };

    public static ItemKind<TagContent> Tags { get; } = new("tag", ItemJson.Default.TagContent)
    {
        ListRule = MetadefPolicy.GetTags,
        GetRule = MetadefPolicy.GetTag,
        AddRule = MetadefPolicy.AddTag,
        ModifyRule = MetadefPolicy.ModifyTag,
        RemoveRule = MetadefPolicy.DeleteTag,
        RemoveAllRule = MetadefPolicy.DeleteTags,
        NotFound = static name => Fault.NotFound($"Could not find metadata tag {name}"),
        Taken = static (name, ns) => Fault.DuplicateTag(name, ns),
        TakenByAnother = static (name, ns) => Fault.DuplicateTag(name, ns),
        Protected = static name => Fault.ProtectedItem("tag", name),
    };

    public static ItemKind<AssociationContent> Associations { get; } = new("resource_type", ItemJson.Default.AssociationContent)
    {
        ListRule = MetadefPolicy.ListResourceTypes,
        GetRule = MetadefPolicy.GetResourceType,
        AddRule = MetadefPolicy.AddResourceTypeAssociation,
        RemoveRule = MetadefPolicy.RemoveResourceTypeAssociation,
        NotFound = static name => Fault.NotFound($"Failed to find resource type {name} to delete"),
        Taken = static (name, ns) => Fault.DuplicateAssociation(name, ns),
        TakenByAnother = static (name, ns) => Fault.DuplicateAssociation(name, ns),
        Protected = static name => Fault.ProtectedItem("resource-type-association", name),
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ObjectContent))]
[JsonSerializable(typeof(TagContent))]
[JsonSerializable(typeof(AssociationContent))]
internal sealed partial class ItemJson : JsonSerializerContext;
