using System.Text.Json.Serialization;

namespace Tintype.Protocol.Images;

/// <summary>A namespace of metadata definitions. What it contains stands in it where one namespace is shown, in a list only its associations.</summary>
/// <param name="Visibility">public or private.</param>
/// <param name="Owner">Project id, or a word of the service's for what it brought along.</param>
/// <param name="CreatedAt">ISO 8601, UTC, whole seconds.</param>
public sealed record MetadefNamespaceView(
    string Namespace, string? DisplayName, string? Description, string Visibility, bool Protected, string Owner, string CreatedAt, string UpdatedAt,
    IReadOnlyList<ResourceTypeAssociationView>? ResourceTypeAssociations, IReadOnlyDictionary<string, PropertyDefinition>? Properties,
    IReadOnlyList<MetadefObjectView>? Objects, IReadOnlyList<MetadefTagView>? Tags, string Self, string Schema);

/// <summary>A page of namespaces.</summary>
/// <param name="First">The same query from its beginning.</param>
/// <param name="Next">The query of the next page; null on the last one.</param>
public sealed record MetadefNamespaceListView(IReadOnlyList<MetadefNamespaceView> Namespaces, string? Next, string Schema, string First);

/// <summary>What a property may hold: a piece of JSON schema, the names of whose members are not in snake case.</summary>
/// <param name="Name">Null where the name stands beside the definition, as a key.</param>
/// <param name="Type">array, boolean, integer, number, object or string.</param>
/// <param name="Default">Text, whatever the type; present and null if a client said null.</param>
public sealed record PropertyDefinition(
    string? Name, string Type, string Title, string? Description, IReadOnlyList<string>? Operators,
    [property: JsonConverter(typeof(OptionalConverter<string>)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] Optional<string> Default,
    bool? Readonly, long? Minimum, long? Maximum, IReadOnlyList<string?>? Enum, string? Pattern,
    [property: JsonPropertyName("minLength")] long? MinLength, [property: JsonPropertyName("maxLength")] long? MaxLength, bool? Confidential,
    PropertyItems? Items, [property: JsonPropertyName("uniqueItems")] bool? UniqueItems, [property: JsonPropertyName("minItems")] long? MinItems,
    [property: JsonPropertyName("maxItems")] long? MaxItems, [property: JsonPropertyName("additionalItems")] bool? AdditionalItems);

/// <summary>What the items of an array may be.</summary>
public sealed record PropertyItems(string Type, IReadOnlyList<string?>? Enum);

public sealed record PropertyDefinitionsView(IReadOnlyDictionary<string, PropertyDefinition> Properties);

/// <summary>A group of properties that belong together. Within a new namespace's answer it has no times and links.</summary>
public sealed record MetadefObjectView(
    string Name, IReadOnlyList<string>? Required, string? Description, IReadOnlyDictionary<string, PropertyDefinition>? Properties,
    string? CreatedAt, string? UpdatedAt, string? Self, string? Schema);

public sealed record MetadefObjectListView(IReadOnlyList<MetadefObjectView> Objects, string Schema);

/// <summary>A word that a resource may be tagged with. Lists give its name alone.</summary>
public sealed record MetadefTagView(string Name, string? CreatedAt, string? UpdatedAt);

public sealed record MetadefTagListView(IReadOnlyList<MetadefTagView> Tags);

/// <summary>A kind of resource that definitions can be of, OS::Glance::Image for example.</summary>
public sealed record ResourceTypeView(string Name, string CreatedAt, string UpdatedAt);

public sealed record ResourceTypeListView(IReadOnlyList<ResourceTypeView> ResourceTypes);

/// <summary>Says that a namespace's definitions are for a kind of resource.</summary>
/// <param name="Prefix">Stands before the names of the properties on such a resource.</param>
/// <param name="PropertiesTarget">Which of several sets of properties that such a resource has.</param>
public sealed record ResourceTypeAssociationView(string Name, string? Prefix, string? PropertiesTarget, string? CreatedAt, string? UpdatedAt);

public sealed record ResourceTypeAssociationListView(IReadOnlyList<ResourceTypeAssociationView> ResourceTypeAssociations);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MetadefNamespaceView))]
[JsonSerializable(typeof(MetadefNamespaceListView))]
[JsonSerializable(typeof(PropertyDefinition))]
[JsonSerializable(typeof(PropertyDefinitionsView))]
[JsonSerializable(typeof(MetadefObjectView))]
[JsonSerializable(typeof(MetadefObjectListView))]
[JsonSerializable(typeof(MetadefTagView))]
[JsonSerializable(typeof(MetadefTagListView))]
[JsonSerializable(typeof(ResourceTypeListView))]
[JsonSerializable(typeof(ResourceTypeAssociationView))]
[JsonSerializable(typeof(ResourceTypeAssociationListView))]
public sealed partial class MetadefsJson : JsonSerializerContext;
