using Tintype.Images.Metadefs.Items;
using Tintype.Images.Metadefs.Objects;
using Tintype.Images.Metadefs.ResourceTypes;
using Tintype.Images.Metadefs.Tags;
using Tintype.Protocol.Images;

namespace Tintype.Images.Metadefs.Namespaces;

/// <param name="IsPublic">Everybody sees it; otherwise its owner alone.</param>
/// <param name="Protected">Neither it nor what it contains may be deleted.</param>
/// <param name="Owner">A project's id, as a rule; nothing keeps it from being another word.</param>
internal sealed record MetadefNamespace(
    long Id, string Name, string? DisplayName, string? Description, bool IsPublic, bool Protected, string Owner, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>What a client wants a namespace to be.</summary>
/// <param name="Owner">Null for the client's own project.</param>
internal sealed record NamespaceDraft(string Name, string? DisplayName, string? Description, bool IsPublic, bool Protected, string? Owner, NamespaceContents Contents);

/// <summary>What is to be in a namespace from its beginning; null for what the client does not mention.</summary>
internal sealed record NamespaceContents(
    IReadOnlyList<ItemDraft<AssociationContent>>? Associations, IReadOnlyList<ItemDraft<PropertyDefinition>>? Properties,
    IReadOnlyList<ItemDraft<ObjectContent>>? Objects, IReadOnlyList<ItemDraft<TagContent>>? Tags);

/// <param name="Associations">Of each, by its id.</param>
/// <param name="IsFull">There may be more behind it.</param>
internal sealed record NamespacePage(IReadOnlyList<MetadefNamespace> Namespaces, ILookup<long, Item<AssociationContent>> Associations, bool IsFull);

/// <summary>A namespace with all that is in it.</summary>
/// <param name="Tags">The youngest first.</param>
internal sealed record WholeNamespace(
    MetadefNamespace Namespace, IReadOnlyList<Item<AssociationContent>> Associations, IReadOnlyList<Item<PropertyDefinition>> Properties,
    IReadOnlyList<Item<ObjectContent>> Objects, IReadOnlyList<Item<TagContent>> Tags);
