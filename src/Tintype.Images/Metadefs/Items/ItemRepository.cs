using System.Text.Json;
using Tintype.Platform.Database;

namespace Tintype.Images.Metadefs.Items;

internal sealed class ItemRepository(TimeProvider time)
{
    private const string Columns = "id AS Id, namespace_id AS NamespaceId, name AS Name, content AS Content, created_at AS CreatedAt, updated_at AS UpdatedAt";

    /// <summary>In the order in which they were made.</summary>
    public async Task<IReadOnlyList<Item<T>>> ListAsync<T>(Statements db, ItemKind<T> kind, long namespaceId) => (await ListAsync(db, kind, [namespaceId]))[namespaceId].ToList();

    /// <summary>Those of several namespaces, by namespace.</summary>
    public async Task<ILookup<long, Item<T>>> ListAsync<T>(Statements db, ItemKind<T> kind, IReadOnlyCollection<long> namespaceIds) => (await db.QueryAsync<Row>(
            $"SELECT {Columns} FROM metadef_items WHERE namespace_id IN @namespaceIds AND kind = @Word ORDER BY id", new { namespaceIds, kind.Word }))
        .ToLookup(row => row.NamespaceId, row => row.ToItem(kind));

    /// <param name="limit">Null for all.</param>
    /// <param name="marker">The id of the item before the page; null for the first.</param>
    public async Task<IReadOnlyList<Item<T>>> ListAsync<T>(Statements db, ItemKind<T> kind, long namespaceId, Keyset order, int? limit, long? marker) =>
        [.. (await db.QueryAsync<Row>($"""
            SELECT {Columns} FROM metadef_items
            WHERE namespace_id = @namespaceId AND kind = @Word{(marker is null ? "" : $" AND {order.After("metadef_items")}")}
            ORDER BY {order.OrderBy}{(limit is null ? "" : " LIMIT @limit")}
            """, new { namespaceId, kind.Word, limit, marker })).Select(row => row.ToItem(kind))];

    public async Task<Item<T>?> FindAsync<T>(Statements db, ItemKind<T> kind, long namespaceId, string name) => (await db.SingleOrDefaultAsync<Row>(
        $"SELECT {Columns} FROM metadef_items WHERE namespace_id = @namespaceId AND kind = @Word AND name_key = @key",
        new { namespaceId, kind.Word, key = MetadefRules.Key(name) }))?.ToItem(kind);

    /// <returns>Null if the name is taken.</returns>
    public async Task<Item<T>?> InsertAsync<T>(Statements db, ItemKind<T> kind, long namespaceId, ItemDraft<T> draft)
    {
        var now = time.GetUtcNow();
        var id = await db.ScalarAsync<long?>("""
            INSERT INTO metadef_items (namespace_id, kind, name, name_key, content, created_at, updated_at)
            VALUES (@namespaceId, @Word, @Name, @key, @content, @now, @now)
            ON CONFLICT (namespace_id, kind, name_key) DO NOTHING
            RETURNING id
            """, new
        {
            namespaceId,
            kind.Word,
            draft.Name,
            key = MetadefRules.Key(draft.Name),
            content = JsonSerializer.Serialize(draft.Content, kind.Content),
            now = now.ToMicroseconds(),
        });
        return id is null ? null : new Item<T>(id.Value, draft.Name, draft.Content, now, now);
    }

    /// <summary>Names the item anew and replaces its content. The name must not be another's.</summary>
    public async Task<Item<T>> UpdateAsync<T>(Statements db, ItemKind<T> kind, Item<T> item, ItemDraft<T> draft)
    {
        var now = time.GetUtcNow();
        await db.ExecuteAsync("UPDATE metadef_items SET name = @Name, name_key = @key, content = @content, updated_at = @now WHERE id = @Id", new
        {
            item.Id,
            draft.Name,
            key = MetadefRules.Key(draft.Name),
            content = JsonSerializer.Serialize(draft.Content, kind.Content),
            now = now.ToMicroseconds(),
        });
        return item with { Name = draft.Name, Content = draft.Content, UpdatedAt = now };
    }

    public Task DeleteAsync<T>(Statements db, Item<T> item) => db.ExecuteAsync("DELETE FROM metadef_items WHERE id = @Id", new { item.Id });

    public Task DeleteAllAsync<T>(Statements db, ItemKind<T> kind, long namespaceId) =>
        db.ExecuteAsync("DELETE FROM metadef_items WHERE namespace_id = @namespaceId AND kind = @Word", new { namespaceId, kind.Word });

    private sealed class Row
    {
        public long Id { get; init; }
        public long NamespaceId { get; init; }
        public string Name { get; init; } = "";
        public string Content { get; init; } = "";
        public long CreatedAt { get; init; }
        public long UpdatedAt { get; init; }

        public Item<T> ToItem<T>(ItemKind<T> kind) => new(
            Id, Name, JsonSerializer.Deserialize(Content, kind.Content)!, Timestamp.FromMicroseconds(CreatedAt), Timestamp.FromMicroseconds(UpdatedAt));
    }
}
