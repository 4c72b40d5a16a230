using Tintype.Images.Metadefs.Namespaces;
using Tintype.Images.Metadefs.ResourceTypes;
using Tintype.Images.Policies;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Metadefs.Items;

/// <summary>
/// What is done to objects, properties, tags and associations alike. Each operation first looks whether the caller sees the namespace (404), then
/// whether the caller may do it (403), then at the item (404, 409), and last whether the namespace is protected (403).
/// </summary>
internal sealed class NamespaceItems(
    NamespaceRepository namespaces, ItemRepository items, ResourceTypeRepository resourceTypes, MetadefRules rules, MetadataDatabase database)
{
    public Task<IReadOnlyList<Item<T>>> ListAsync<T>(ItemKind<T> kind, string ns, Caller caller, CancellationToken ct) => database.ReadAsync(async connection =>
    {
        var db = Statements.Of(connection);
        var seen = await SeenAsync(db, kind, ns, caller);
        return MayList(kind, seen, caller) ? await items.ListAsync(db, kind, seen.Id) : [];
    }, ct);

    /// <param name="marker">The name of the item before the page; null for the first.</param>
    public Task<IReadOnlyList<Item<T>>> ListAsync<T>(ItemKind<T> kind, string ns, Keyset order, int? limit, string? marker, Caller caller, CancellationToken ct) =>
        database.ReadAsync(async connection =>
        {
            var db = Statements.Of(connection);
            var seen = await SeenAsync(db, kind, ns, caller);
            if (!MayList(kind, seen, caller))
                return [];
            var after = marker is null ? null : await FoundAsync(db, kind, seen, marker);
            return await items.ListAsync(db, kind, seen.Id, order, limit, after?.Id);
        }, ct);

    public Task<Item<T>> ShowAsync<T>(ItemKind<T> kind, string ns, string name, Caller caller, CancellationToken ct) => database.ReadAsync(async connection =>
    {
        var db = Statements.Of(connection);
        var seen = await SeenAsync(db, kind, ns, caller);
        rules.Require(kind.GetRule, caller, seen);
        return await FoundAsync(db, kind, seen, name);
    }, ct);

    public Task<Item<T>> AddAsync<T>(ItemKind<T> kind, string ns, ItemDraft<T> draft, Caller caller, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var db = Statements.Of(scope);
        var seen = await SeenAsync(db, kind, ns, caller);
        rules.Require(kind.AddRule, caller, seen);
        return await InsertAsync(db, kind, seen, draft);
    }, ct);

    public Task<Item<T>> UpdateAsync<T>(ItemKind<T> kind, string ns, string name, ItemDraft<T> draft, Caller caller, CancellationToken ct) =>
        database.WriteAsync(async scope =>
        {
            var db = Statements.Of(scope);
            var seen = await SeenAsync(db, kind, ns, caller);
            rules.Require(kind.ModifyRule ?? throw new ArgumentException($"A {kind.Word} is never changed.", nameof(kind)), caller, seen);
            var item = await FoundAsync(db, kind, seen, name);
            if (await items.FindAsync(db, kind, seen.Id, draft.Name) is { } other && other.Id != item.Id)
                throw kind.TakenByAnother(draft.Name, seen.Name);
            return await items.UpdateAsync(db, kind, item, draft);
        }, ct);

    public Task DeleteAsync<T>(ItemKind<T> kind, string ns, string name, Caller caller, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var db = Statements.Of(scope);
        var seen = await SeenAsync(db, kind, ns, caller);
        rules.Require(kind.RemoveRule, caller, seen);
        var item = await FoundAsync(db, kind, seen, name);
        if (seen.Protected)
            throw kind.Protected(item.Name);
        await items.DeleteAsync(db, item);
    }, ct);

    /// <summary>Glance counts this as a deletion of the namespace: whoever may not do that is told so.</summary>
    public Task DeleteAllAsync<T>(ItemKind<T> kind, string ns, Caller caller, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var db = Statements.Of(scope);
        var seen = await namespaces.SeenAsync(db, ns, caller, rules, static name => Fault.NamespaceNotFound(name));
        rules.Require(MetadefPolicy.DeleteNamespace, caller, seen);
        if (kind.RemoveAllRule is { } rule)
            rules.Require(rule, caller, seen);
        if (seen.Protected)
            throw Fault.ProtectedNamespace(seen.Name);
        await items.DeleteAllAsync(db, kind, seen.Id);
    }, ct);

    /// <summary>Adds all of them, or none.</summary>
    /// <param name="append">Keep what is there; otherwise the new ones replace it, unless there is none.</param>
    public Task AddAllAsync<T>(
        ItemKind<T> kind, string ns, PolicyRule rule, IReadOnlyList<ItemDraft<T>> drafts, bool append, Caller caller, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var db = Statements.Of(scope);
        var seen = await SeenAsync(db, kind, ns, caller);
        rules.Require(rule, caller, seen);
        if (!append && drafts.Count > 0)
            await items.DeleteAllAsync(db, kind, seen.Id);
        foreach (var draft in drafts)
            await InsertAsync(db, kind, seen, draft);
    }, ct);

    /// <summary>Within a write that has looked at the caller already.</summary>
    /// <exception cref="Fault">409: the name is taken.</exception>
    public async Task<Item<T>> InsertAsync<T>(Statements db, ItemKind<T> kind, MetadefNamespace ns, ItemDraft<T> draft) =>
        await TryInsertAsync(db, kind, ns, draft) ?? throw kind.Taken(draft.Name, ns.Name);

    /// <returns>Null if the name is taken.</returns>
    public async Task<Item<T>?> TryInsertAsync<T>(Statements db, ItemKind<T> kind, MetadefNamespace ns, ItemDraft<T> draft)
    {
        if (draft.Content is AssociationContent)
            await resourceTypes.EnsureAsync(db, draft.Name);
        return await items.InsertAsync(db, kind, ns.Id, draft);
    }

    private Task<MetadefNamespace> SeenAsync<T>(Statements db, ItemKind<T> kind, string ns, Caller caller) => namespaces.SeenAsync(db, ns, caller, rules, kind.NamespaceNotFound);

    // A list of what may not be read one by one is empty.
    private bool MayList<T>(ItemKind<T> kind, MetadefNamespace ns, Caller caller)
    {
        rules.Require(kind.ListRule, caller, ns);
        return rules.Allows(kind.GetRule, caller, ns);
    }

    private async Task<Item<T>> FoundAsync<T>(Statements db, ItemKind<T> kind, MetadefNamespace ns, string name) =>
        await items.FindAsync(db, kind, ns.Id, name) ?? throw kind.NotFound(name);
}
