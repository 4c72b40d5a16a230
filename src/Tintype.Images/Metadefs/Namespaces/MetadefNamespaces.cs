using Tintype.Images.Metadefs.Items;
using Tintype.Images.Metadefs.ResourceTypes;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Metadefs.Namespaces;

/// <summary>Namespaces, and what they bring with them when they are made, shown and deleted.</summary>
internal sealed class MetadefNamespaces(NamespaceRepository namespaces, ItemRepository repository, NamespaceItems items, MetadataDatabase database)
{
    /// <summary>A page, with the associations of each.</summary>
    /// <exception cref="Fault">403 the caller may not list; 404 no such marker.</exception>
    public Task<IReadOnlyList<(MetadefNamespace Namespace, IReadOnlyList<Item<AssociationContent>> Associations)>> ListAsync(
        NamespaceListQuery query, Caller caller, CancellationToken ct)
    {
        MetadefRules.PermitList("get_metadef_namespaces", caller);
        return database.ReadAsync(async connection =>
        {
            var db = Statements.Of(connection);
            var marker = query.Marker is null ? null : await namespaces.SeenAsync(db, query.Marker, caller, static name => Fault.NamespaceMissing(name));
            var page = await namespaces.ListAsync(db, query, caller, marker?.Id);
            var associations = await repository.ListAsync(db, ItemKinds.Associations, [.. page.Select(ns => ns.Id)]);
            return (IReadOnlyList<(MetadefNamespace, IReadOnlyList<Item<AssociationContent>>)>)[.. page.Select(ns => (ns, (IReadOnlyList<Item<AssociationContent>>)[.. associations[ns.Id]]))];
        }, ct);
    }

    /// <exception cref="Fault">404.</exception>
    public Task<WholeNamespace> ShowAsync(string name, Caller caller, CancellationToken ct) => database.ReadAsync(async connection =>
    {
        var db = Statements.Of(connection);
        var ns = await namespaces.SeenAsync(db, name, caller, static name => Fault.NamespaceMissing(name));
        return new WholeNamespace(ns,
            await repository.ListAsync(db, ItemKinds.Associations, ns.Id), await repository.ListAsync(db, ItemKinds.Properties, ns.Id),
            await repository.ListAsync(db, ItemKinds.Objects, ns.Id),
            await repository.ListAsync(db, ItemKinds.Tags, ns.Id, new Keyset("created_at", Descending: true), limit: null, marker: null));
    }, ct);

    /// <summary>With all that it is to contain, or not at all.</summary>
    /// <exception cref="Fault">403; 409 the name, or that of something in it, is taken.</exception>
    public Task<MetadefNamespace> CreateAsync(NamespaceDraft draft, Caller caller, CancellationToken ct)
    {
        MetadefRules.PermitWrite("add_metadef_namespace", caller);
        return database.WriteAsync(async scope =>
        {
            var db = Statements.Of(scope);
            var ns = await namespaces.InsertAsync(db, draft, draft.Owner ?? caller.ProjectId) ?? throw Fault.DuplicateNamespace(draft.Name);
            await FillAsync(db, ns, draft.Contents);
            return ns;
        }, ct);
    }

    /// <summary>Says anew all that is said of the namespace. What it contains stays, whatever the draft says of it.</summary>
    /// <exception cref="Fault">404; 403; 409 another has that name.</exception>
    public Task<MetadefNamespace> UpdateAsync(string name, NamespaceDraft draft, Caller caller, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var db = Statements.Of(scope);
        var ns = await namespaces.SeenAsync(db, name, caller, static name => Fault.NamespaceNotFound(name));
        MetadefRules.PermitWrite("modify_metadef_namespace", caller);
        if (await namespaces.FindAsync(db, draft.Name) is { } other && other.Id != ns.Id)
            throw Fault.DuplicateNamespaceByUpdate(draft.Name);
        return await namespaces.UpdateAsync(db, ns, draft, string.IsNullOrEmpty(draft.Owner) ? caller.ProjectId : draft.Owner);
    }, ct);

    /// <summary>With all that it contains.</summary>
    /// <exception cref="Fault">404; 403 not the caller's to delete, or protected.</exception>
    public Task DeleteAsync(string name, Caller caller, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var db = Statements.Of(scope);
        var ns = await namespaces.SeenAsync(db, name, caller, static name => Fault.NamespaceNotFound(name));
        MetadefRules.PermitWrite("delete_metadef_namespace", caller);
        if (ns.Protected)
            throw Fault.ProtectedNamespace(ns.Name);
        await namespaces.DeleteAsync(db, ns);
    }, ct);

    /// <summary>Within a write that has looked at the caller already.</summary>
    public async Task FillAsync(Statements db, MetadefNamespace ns, NamespaceContents contents)
    {
        await AddAsync(db, ItemKinds.Associations, ns, contents.Associations);
        await AddAsync(db, ItemKinds.Objects, ns, contents.Objects);
        await AddAsync(db, ItemKinds.Tags, ns, contents.Tags);
        await AddAsync(db, ItemKinds.Properties, ns, contents.Properties);
    }

    private async Task AddAsync<T>(Statements db, ItemKind<T> kind, MetadefNamespace ns, IReadOnlyList<ItemDraft<T>>? drafts)
    {
        foreach (var draft in drafts ?? [])
            await items.InsertAsync(db, kind, ns, draft);
    }
}
