using Dapper;
using Tintype.Identity.Tokens;
using Tintype.Platform.Database;
using Tintype.Platform.Http;

namespace Tintype.Identity.Roles;

/// <param name="Immutable">Neither changed nor deleted until that is taken back.</param>
internal sealed record RoleRecord(string Id, string Name, string? Description, bool Immutable);

internal sealed class RoleRepository(IdentityDatabase database)
{
    private const string Columns = "id AS Id, name AS Name, description AS Description, immutable AS Immutable";

    /// <summary>What a user holds on a project, implied roles included, by name.</summary>
    public Task<IReadOnlyList<Named>> EffectiveAsync(string userId, string projectId, CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<Named>)[.. await db.QueryAsync<Named>(TokenRepository.EffectiveRoles, new { user = userId, project = projectId })], ct);

    public Task<RoleRecord?> FindAsync(string id, CancellationToken ct) => database.ReadAsync(async db =>
        (await db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM roles WHERE id = @id", new { id }))?.ToRecord(), ct);

    /// <summary>By name.</summary>
    public Task<IReadOnlyList<RoleRecord>> ListAsync(string? name, CancellationToken ct) => database.ReadAsync(async db => (IReadOnlyList<RoleRecord>)
        [.. (await db.QueryAsync<Row>($"SELECT {Columns} FROM roles WHERE @name IS NULL OR name = @name ORDER BY name", new { name })).Select(r => r.ToRecord())], ct);

    public static Task<string?> FindIdByNameAsync(WriteScope scope, string name) =>
        scope.SingleOrDefaultAsync<string>("SELECT id FROM roles WHERE name = @name", new { name });

    /// <returns>False if there is a role of that name already.</returns>
    public Task<bool> InsertAsync(RoleRecord role, CancellationToken ct) => database.WriteAsync(async scope => await scope.ExecuteAsync("""
        INSERT INTO roles (id, name, description, immutable) VALUES (@Id, @Name, @Description, @Immutable) ON CONFLICT (name) DO NOTHING
        """, role) > 0, ct);

    /// <exception cref="Fault">404, 403 for a role that is and stays immutable, 409 for a name that is taken.</exception>
    public Task<RoleRecord> UpdateAsync(string id, Func<RoleRecord, RoleRecord> change, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var before = await FindAsync(scope, id);
        var after = change(before);
        if (before.Immutable && after.Immutable)
            throw Fault.ImmutableRole("update", id);
        if (await scope.SingleOrDefaultAsync<string>("SELECT id FROM roles WHERE name = @Name AND id <> @Id", after) is not null)
            throw Fault.RoleNameTaken(after.Name);
        await scope.ExecuteAsync("UPDATE roles SET name = @Name, description = @Description, immutable = @Immutable WHERE id = @Id", after);
        return after;
    }, ct);

    /// <summary>Removes the role, and with it every assignment of it.</summary>
    /// <exception cref="Fault">404, or 403 for an immutable role.</exception>
    public Task DeleteAsync(string id, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        if ((await FindAsync(scope, id)).Immutable)
            throw Fault.ImmutableRole("delete", id);
        await scope.ExecuteAsync("DELETE FROM roles WHERE id = @id", new { id });
    }, ct);

    private static async Task<RoleRecord> FindAsync(WriteScope scope, string id) =>
        (await scope.SingleOrDefaultAsync<Row>($"SELECT {Columns} FROM roles WHERE id = @id", new { id }))?.ToRecord() ?? throw Fault.RoleNotFound(id);

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string Name { get; init; } = "";
        public string? Description { get; init; }
        public bool Immutable { get; init; }

        public RoleRecord ToRecord() => new(Id, Name, Description, Immutable);
    }
}
