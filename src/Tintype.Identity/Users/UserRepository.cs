using System.Text.Json;
using Dapper;
using Tintype.Identity.Tokens;
using Tintype.Platform.Database;
using Tintype.Platform.Http;

namespace Tintype.Identity.Users;

/// <summary>What a list of users is narrowed to; null leaves it open.</summary>
internal sealed record UserFilter(string? Name, string? DomainId, bool? Enabled, string? DefaultProjectId);

internal sealed class UserRepository(IdentityDatabase database, TimeProvider time)
{
    private const string Columns =
        "id AS Id, domain_id AS DomainId, name AS Name, enabled AS Enabled, default_project_id AS DefaultProjectId, extra AS Extra";

    public Task<UserRecord?> FindAsync(string id, CancellationToken ct) => database.ReadAsync(async db =>
        (await db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM users WHERE id = @id", new { id }))?.ToRecord(), ct);

    public Task<UserRecord?> FindByNameAsync(string domainId, string name, CancellationToken ct) => database.ReadAsync(async db =>
        (await db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM users WHERE domain_id = @domainId AND name = @name",
            new { domainId, name }))?.ToRecord(), ct);

    public static async Task<UserRecord?> FindAsync(WriteScope scope, string id) =>
        (await scope.SingleOrDefaultAsync<Row>($"SELECT {Columns} FROM users WHERE id = @id", new { id }))?.ToRecord();

    /// <summary>By name.</summary>
    public Task<IReadOnlyList<UserRecord>> ListAsync(UserFilter filter, CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<UserRecord>)[.. (await db.QueryAsync<Row>($"""
            SELECT {Columns} FROM users
            WHERE (@Name IS NULL OR name = @Name) AND (@DomainId IS NULL OR domain_id = @DomainId) AND (@Enabled IS NULL OR enabled = @Enabled)
              AND (@DefaultProjectId IS NULL OR default_project_id = @DefaultProjectId)
            ORDER BY name, id
            """, filter)).Select(r => r.ToRecord())], ct);

    /// <summary>The account to sign in to; null if there is none of that id or name.</summary>
    public Task<Account?> FindAccountAsync(Identified user, CancellationToken ct) => database.ReadAsync(async db =>
        (await db.QuerySingleOrDefaultAsync<AccountRow>("""
            SELECT u.id AS Id, u.enabled AS Enabled, u.password_hash AS PasswordHash, u.default_project_id AS DefaultProjectId
            FROM users u JOIN domains d ON d.id = u.domain_id
            WHERE u.id = @Id OR (u.name = @Name AND (d.id = @DomainId OR d.name = @DomainName))
            """, user))?.ToAccount(), ct);

    /// <returns>False if the domain has a user of that name already.</returns>
    public async Task<bool> InsertAsync(WriteScope scope, UserRecord user, string? passwordHash) => await scope.ExecuteAsync("""
        INSERT INTO users (id, domain_id, name, enabled, password_hash, default_project_id, extra, created_at)
        VALUES (@Id, @DomainId, @Name, @Enabled, @passwordHash, @DefaultProjectId, @extra, @now)
        ON CONFLICT (domain_id, name) DO NOTHING
        """, new
    {
        user.Id,
        user.DomainId,
        user.Name,
        user.Enabled,
        passwordHash,
        user.DefaultProjectId,
        extra = JsonSerializer.Serialize(user.Extra),
        now = time.GetUtcNow().ToMicroseconds(),
    }) > 0;

    /// <summary>Writes all but the password. A user that is disabled by it loses its tokens.</summary>
    /// <exception cref="Fault">409: another user has the name.</exception>
    public static async Task UpdateAsync(WriteScope scope, UserRecord user)
    {
        if (await scope.SingleOrDefaultAsync<string>("SELECT id FROM users WHERE domain_id = @DomainId AND name = @Name AND id <> @Id", user) is not null)
            throw Fault.UserNameTaken(user.Name, user.DomainId);
        await scope.ExecuteAsync(
            "UPDATE users SET name = @Name, enabled = @Enabled, default_project_id = @DefaultProjectId, extra = @extra WHERE id = @Id",
            new { user.Id, user.Name, user.Enabled, user.DefaultProjectId, extra = JsonSerializer.Serialize(user.Extra) });
        if (!user.Enabled)
            await TokenRepository.RevokeOfUserAsync(scope, user.Id);
    }

    /// <summary>Removes the user with its tokens and assignments.</summary>
    /// <returns>False if there is none of that id.</returns>
    public Task<bool> DeleteAsync(string id, CancellationToken ct) => database.WriteAsync(async scope =>
        await scope.ExecuteAsync("DELETE FROM users WHERE id = @id", new { id }) > 0, ct);

    /// <summary>Sets the password, and with it ends every session that the old one began.</summary>
    public static async Task SetPasswordAsync(WriteScope scope, string id, string? passwordHash)
    {
        await scope.ExecuteAsync("UPDATE users SET password_hash = @passwordHash WHERE id = @id", new { id, passwordHash });
        await TokenRepository.RevokeOfUserAsync(scope, id);
    }

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string DomainId { get; init; } = "";
        public string Name { get; init; } = "";
        public bool Enabled { get; init; }
        public string? DefaultProjectId { get; init; }
        public string Extra { get; init; } = "";

        public UserRecord ToRecord() =>
            new(Id, DomainId, Name, Enabled, DefaultProjectId, JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(Extra)!);
    }

    private sealed class AccountRow
    {
        public string Id { get; init; } = "";
        public bool Enabled { get; init; }
        public string? PasswordHash { get; init; }
        public string? DefaultProjectId { get; init; }

        public Account ToAccount() => new(Id, Enabled, PasswordHash, DefaultProjectId);
    }
}
