using Tintype.Platform.Database;

namespace Tintype.Images.Metadefs.ResourceTypes;

internal sealed record ResourceType(string Name, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

internal sealed class ResourceTypeRepository(TimeProvider time)
{
    /// <summary>In the order in which they were first associated.</summary>
    public async Task<IReadOnlyList<ResourceType>> ListAsync(Statements db) => [.. (await db.QueryAsync<Row>(
            "SELECT name AS Name, created_at AS CreatedAt, updated_at AS UpdatedAt FROM metadef_resource_types ORDER BY id"))
        .Select(row => new ResourceType(row.Name, Timestamp.FromMicroseconds(row.CreatedAt), Timestamp.FromMicroseconds(row.UpdatedAt)))];

    public async Task<bool> ExistsAsync(Statements db, string name) =>
        await db.ScalarAsync<int>("SELECT COUNT(*) FROM metadef_resource_types WHERE name_key = @key", new { key = MetadefRules.Key(name) }) > 0;

    public Task EnsureAsync(Statements db, string name) => db.ExecuteAsync("""
        INSERT INTO metadef_resource_types (name, name_key, created_at, updated_at) VALUES (@name, @key, @now, @now)
        ON CONFLICT (name_key) DO NOTHING
        """, new { name, key = MetadefRules.Key(name), now = time.GetUtcNow().ToMicroseconds() });

    private sealed class Row
    {
        public string Name { get; init; } = "";
        public long CreatedAt { get; init; }
        public long UpdatedAt { get; init; }
    }
}
