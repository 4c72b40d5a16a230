using Dapper;
using Tintype.Platform.Database;

namespace Tintype.Compute.Flavors;

internal sealed class FlavorRepository(MetadataDatabase database)
{
    private const string Columns = """
        id AS Id, name AS Name, memory AS Memory, vcpus AS Vcpus, disk AS Disk, is_public AS IsPublic, description AS Description,
        created_at AS CreatedAt
        """;

    public Task<Flavor?> FindAsync(string id, CancellationToken ct) => database.ReadAsync(async db =>
        (await db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM flavors WHERE id = @id", new { id }))?.ToFlavor(), ct);

    /// <summary>All of them: an operator has tens.</summary>
    public Task<IReadOnlyList<Flavor>> ListAsync(CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<Flavor>)[.. (await db.QueryAsync<Row>($"SELECT {Columns} FROM flavors ORDER BY id")).Select(r => r.ToFlavor())], ct);

    /// <returns>The flavor whose id or name is taken already, or null when the new one was inserted.</returns>
    public Task<Flavor?> InsertAsync(Flavor flavor, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var taken = await scope.SingleOrDefaultAsync<Row>(
            $"SELECT {Columns} FROM flavors WHERE id = @Id OR name = @Name ORDER BY id = @Id DESC LIMIT 1", new { flavor.Id, flavor.Name });
        if (taken is not null)
            return taken.ToFlavor();
        await scope.ExecuteAsync("""
            INSERT INTO flavors (id, name, memory, vcpus, disk, is_public, description, created_at)
            VALUES (@Id, @Name, @Memory, @Vcpus, @Disk, @IsPublic, @Description, @created)
            """, new
        {
            flavor.Id, flavor.Name, flavor.Memory, flavor.Vcpus, flavor.Disk, flavor.IsPublic, flavor.Description,
            created = flavor.CreatedAt.ToMicroseconds(),
        });
        return null;
    }, ct);

    public Task<bool> DescribeAsync(string id, string? description, CancellationToken ct) => database.WriteAsync(async scope =>
        await scope.ExecuteAsync("UPDATE flavors SET description = @description WHERE id = @id", new { id, description }) == 1, ct);

    public Task<bool> DeleteAsync(string id, CancellationToken ct) => database.WriteAsync(async scope =>
        await scope.ExecuteAsync("DELETE FROM flavors WHERE id = @id", new { id }) == 1, ct);

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string Name { get; init; } = "";
        public int Memory { get; init; }
        public int Vcpus { get; init; }
        public int Disk { get; init; }
        public bool IsPublic { get; init; }
        public string? Description { get; init; }
        public long CreatedAt { get; init; }

        public Flavor ToFlavor() => new(Id, Name, Memory, Vcpus, Disk, IsPublic, Description, Timestamp.FromMicroseconds(CreatedAt));
    }
}
