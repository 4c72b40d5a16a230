using Tintype.Images.Metadefs.Items;
using Tintype.Images.Policies;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Metadefs.Namespaces;

/// <summary>Namespaces, and what they bring with them when they are made, shown and deleted.</summary>
internal sealed class MetadefNamespaces(
    NamespaceRepository namespaces, ItemRepository repository, NamespaceItems items, MetadefRules rules, MetadataDatabase database)
{
    /// <summary>A page, with the associations of each.</summary>
    /// <exception cref="Fault">403 the caller may not list; 404 no such marker.</exception>
    public Task<NamespacePage> ListAsync(NamespaceListQuery query, Caller caller, CancellationToken ct)
    {
        rules.Require(MetadefPolicy.GetNamespaces, caller);
        rules.Require(MetadefPolicy.ListResourceTypes, caller);
        return database.ReadAsync(async connection =>
        {
            var db = Statements.Of(connection);
            var marker = query.Marker is null ? null : await namespaces.SeenAsync(db, query.Marker, caller, rules, static name => Fault.NamespaceMissing(name));
            var page = await namespaces.ListAsync(db, query, caller.ProjectId, rules.SeesAll(caller), marker?.Id);
            var shown = page.Where(ns => rules.Sees(ns, caller)).ToList();
            return new NamespacePage(shown, await repository.ListAsync(db, ItemKinds.Associations, [.. shown.Select(ns => ns.Id)]), page.Count == query.Limit);
        }, ct);
    }

    /// <exception cref="Fault">404.</exception>
    public Task<WholeNamespace> ShowAsync(string name, Caller caller, CancellationToken ct) => database.ReadAsync(async connection =>
    {
        var db = Statements.Of(connection);
        var ns = await namespaces.SeenAsync(db, name, caller, rules, static name => Fault.NamespaceMissing(name));
        foreach (var rule in (PolicyRule[])[MetadefPolicy.ListResourceTypes, MetadefPolicy.GetObjects, MetadefPolicy.GetProperties, MetadefPolicy.GetTags])
            rules.Require(rule, caller, ns);
        return new WholeNamespace(ns,
            await repository.ListAsync(db, ItemKinds.Associations, ns.Id), await repository.ListAsync(db, ItemKinds.Properties, ns.Id),
            await repository.ListAsync(db, ItemKinds.Objects, ns.Id),
            await repository.ListAsync(db, ItemKinds.Tags, ns.Id, new Keyset("created_at", Descending: true), limit: null, marker: null));
    }, ct);

    /// <summary>With all that it is to contain, or not at all.</summary>
    /// <exception cref="Fault">403; 409 the name, or that of something in it, is taken.</exception>
    public Task<MetadefNamespace> CreateAsync(NamespaceDraft draft, Caller caller, CancellationToken ct)
    {
        rules.Require(MetadefPolicy.AddNamespace, caller);
        RequireContents(draft.Contents, caller);
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
        var ns = await namespaces.SeenAsync(db, name, caller, rules, static name => Fault.NamespaceNotFound(name));
        rules.Require(MetadefPolicy.ModifyNamespace, caller, ns);
        if (await namespaces.FindAsync(db, draft.Name) is { } other && other.Id != ns.Id)
            throw Fault.DuplicateNamespaceByUpdate(draft.Name);
        return await namespaces.UpdateAsync(db, ns, draft, string.IsNullOrEmpty(draft.Owner) ? caller.ProjectId : draft.Owner);
    }, ct);

    /// <summary>With all that it contains.</summary>
    /// <exception cref="Fault">404; 403 not the caller's to delete, or protected.</exception>
    public Task DeleteAsync(string name, Caller caller, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var db = Statements.Of(scope);
        var ns = await namespaces.SeenAsync(db, name, caller, rules, static name => Fault.NamespaceNotFound(name));
        rules.Require(MetadefPolicy.DeleteNamespace, caller, ns);
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

    // As if the contents were added one by one.
    private void RequireContents(NamespaceContents contents, Caller caller)
    {
        if (contents.Associations is { Count: > 0 })
            rules.Require(MetadefPolicy.AddResourceTypeAssociation, caller);
        if (contents.Objects is { Count: > 0 })
            rules.Require(MetadefPolicy.AddObject, caller);
        if (contents.Properties is { Count: > 0 })
            rules.Require(MetadefPolicy.AddProperty, caller);
        if (contents.Tags is { Count: > 0 })
            rules.Require(MetadefPolicy.AddTag, caller);
    }

    private async Task AddAsync<T>(Statements db, ItemKind<T> kind, MetadefNamespace ns, IReadOnlyList<ItemDraft<T>>? drafts)
    {
        foreach (var draft in drafts ?? [])
            await items.InsertAsync(db, kind, ns, draft);
    }
}
