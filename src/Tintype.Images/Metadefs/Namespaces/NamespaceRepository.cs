using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Metadefs.Namespaces;

internal sealed class NamespaceRepository(TimeProvider time)
{
    private const string Columns = """
        id AS Id, name AS Name, display_name AS DisplayName, description AS Description, visibility AS Visibility, protected AS Protected, owner AS Owner,
        created_at AS CreatedAt, updated_at AS UpdatedAt
        """;

    public async Task<MetadefNamespace?> FindAsync(Statements db, string name) => (await db.SingleOrDefaultAsync<Row>(
        $"SELECT {Columns} FROM metadef_namespaces WHERE name_key = @key", new { key = MetadefRules.Key(name) }))?.ToRecord();

    /// <exception cref="Fault"><paramref name="notFound"/>: there is none, or the caller must not know of it.</exception>
    public async Task<MetadefNamespace> SeenAsync(Statements db, string name, Caller caller, MetadefRules rules, Func<string, Fault> notFound) =>
        await FindAsync(db, name) is { } found && rules.Sees(found, caller) ? found : throw notFound(name);

    /// <param name="project">The caller's.</param>
    /// <param name="seesAll">Whether the caller sees the private namespaces of all projects.</param>
    /// <param name="marker">The id of the namespace before the page; null for the first.</param>
    public async Task<IReadOnlyList<MetadefNamespace>> ListAsync(Statements db, NamespaceListQuery query, string project, bool seesAll, long? marker)
    {
        List<string> conditions = ["1 = 1"];
        if (!seesAll)
            conditions.Add("(owner = @project OR visibility = 'public')");
        if (query.Visibility is not null)
            conditions.Add("visibility = @Visibility");
        if (query.ResourceTypes is not null)
        {
            conditions.Add("""
                EXISTS (SELECT 1 FROM metadef_items i WHERE i.namespace_id = metadef_namespaces.id AND i.kind = 'resource_type' AND i.name_key IN @types)
                """);
        }

        if (marker is not null)
            conditions.Add(query.Order.After("metadef_namespaces"));
        return [.. (await db.QueryAsync<Row>($"""
            SELECT {Columns} FROM metadef_namespaces
            WHERE {string.Join("\n  AND ", conditions)}
            ORDER BY {query.Order.OrderBy} LIMIT @Limit
            """, new { project, query.Visibility, types = query.ResourceTypes?.Select(MetadefRules.Key), query.Limit, marker }))
            .Select(row => row.ToRecord())];
    }

    /// <returns>Null if the name is taken.</returns>
    public async Task<MetadefNamespace?> InsertAsync(Statements db, NamespaceDraft draft, string owner)
    {
        var now = time.GetUtcNow();
        var ns = Made(0, draft, owner, now, now);
        var id = await db.ScalarAsync<long?>("""
            INSERT INTO metadef_namespaces (name, name_key, display_name, description, visibility, protected, owner, created_at, updated_at)
            VALUES (@Name, @NameKey, @DisplayName, @Description, @Visibility, @Protected, @Owner, @CreatedAt, @UpdatedAt)
            ON CONFLICT (name_key) DO NOTHING
            RETURNING id
            """, Row.Of(ns));
        return id is null ? null : ns with { Id = id.Value };
    }

    /// <summary>Replaces what is said of the namespace; what it contains stays. The name must not be another's.</summary>
    public async Task<MetadefNamespace> UpdateAsync(Statements db, MetadefNamespace ns, NamespaceDraft draft, string owner)
    {
        var updated = Made(ns.Id, draft, owner, ns.CreatedAt, time.GetUtcNow());
        await db.ExecuteAsync("""
            UPDATE metadef_namespaces
            SET name = @Name, name_key = @NameKey, display_name = @DisplayName, description = @Description, visibility = @Visibility,
                protected = @Protected, owner = @Owner, updated_at = @UpdatedAt
            WHERE id = @Id
            """, Row.Of(updated));
        return updated;
    }

    /// <summary>With all that it contains.</summary>
    public Task DeleteAsync(Statements db, MetadefNamespace ns) => db.ExecuteAsync("DELETE FROM metadef_namespaces WHERE id = @Id", new { ns.Id });

    private static MetadefNamespace Made(long id, NamespaceDraft draft, string owner, DateTimeOffset createdAt, DateTimeOffset updatedAt) =>
        new(id, draft.Name, draft.DisplayName, draft.Description, draft.IsPublic, draft.Protected, owner, createdAt, updatedAt);

    private sealed class Row
    {
        public long Id { get; init; }
        public string Name { get; init; } = "";
        public string NameKey => MetadefRules.Key(Name);
        public string? DisplayName { get; init; }
        public string? Description { get; init; }
        public string Visibility { get; init; } = "";
        public bool Protected { get; init; }
        public string Owner { get; init; } = "";
        public long CreatedAt { get; init; }
        public long UpdatedAt { get; init; }

        public static Row Of(MetadefNamespace ns) => new()
        {
            Id = ns.Id,
            Name = ns.Name,
            DisplayName = ns.DisplayName,
            Description = ns.Description,
            Visibility = ns.IsPublic ? "public" : "private",
            Protected = ns.Protected,
            Owner = ns.Owner,
            CreatedAt = ns.CreatedAt.ToMicroseconds(),
            UpdatedAt = ns.UpdatedAt.ToMicroseconds(),
        };

        public MetadefNamespace ToRecord() => new(
            Id, Name, DisplayName, Description, Visibility == "public", Protected, Owner, Timestamp.FromMicroseconds(CreatedAt), Timestamp.FromMicroseconds(UpdatedAt));
    }
}
