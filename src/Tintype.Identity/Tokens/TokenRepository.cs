using System.Text.Json;
using Dapper;
using Tintype.Platform.Database;

namespace Tintype.Identity.Tokens;

internal sealed class TokenRepository(IdentityDatabase database, TokenCache cache, TimeProvider time)
{
    /// <summary>The roles of a user on a project, with all that they imply.</summary>
    public const string EffectiveRoles = """
        WITH RECURSIVE held (role_id) AS (
            SELECT role_id FROM role_assignments WHERE user_id = @user AND project_id = @project
            UNION
            SELECT i.implied_role_id FROM implied_roles i JOIN held h ON h.role_id = i.prior_role_id)
        SELECT r.id AS Id, r.name AS Name FROM held h JOIN roles r ON r.id = h.role_id ORDER BY r.name
        """;

    /// <returns>
    /// False, and no token: the user was disabled or got another password, the token it was got by was revoked, or the project
    /// deleted, while the sign-in was being checked.
    /// </returns>
    public Task<bool> InsertAsync(NewToken token, CancellationToken ct) => database.WriteKeepingTokensAsync(async scope => await scope.ExecuteAsync("""
        INSERT INTO tokens (hash, user_id, project_id, methods, audit_ids, issued_at, expires_at)
        SELECT @Hash, u.id, @ProjectId, @methods, @auditIds, @issued, @expires FROM users u
        WHERE u.id = @UserId AND u.enabled = 1
          AND (@PasswordHash IS NULL OR u.password_hash = @PasswordHash)
          AND (@ParentHash IS NULL OR EXISTS (SELECT 1 FROM tokens parent WHERE parent.hash = @ParentHash))
          AND (@ProjectId IS NULL OR EXISTS (SELECT 1 FROM projects p WHERE p.id = @ProjectId))
        """, new
    {
        token.Hash,
        token.UserId,
        token.ProjectId,
        token.PasswordHash,
        token.ParentHash,
        methods = Json(token.Methods),
        auditIds = Json(token.AuditIds),
        issued = token.IssuedAt.ToMicroseconds(),
        expires = token.ExpiresAt.ToMicroseconds(),
    }) > 0, ct);

    /// <summary>
    /// The token if it is good now: known, not expired, its user and project still there and enabled, and, when scoped, the user
    /// still with a role on the project.
    /// </summary>
    public async Task<TokenRecord?> FindValidAsync(string hash, CancellationToken ct)
    {
        var generation = cache.Generation;
        var found = cache.Find(hash);
        if (found is null)
        {
            found = await ReadValidAsync(hash, ct);
            if (found is not null)
                cache.Remember(found, generation);
        }

        return found is not null && found.ExpiresAt > time.GetUtcNow() ? found : null;
    }

    private Task<TokenRecord?> ReadValidAsync(string hash, CancellationToken ct) => database.ReadAsync(async db =>
    {
        var row = await db.QuerySingleOrDefaultAsync<Row>("""
            SELECT t.hash AS Hash, t.methods AS Methods, t.audit_ids AS AuditIds, t.issued_at AS IssuedAt, t.expires_at AS ExpiresAt,
                   u.id AS UserId, u.name AS UserName, ud.id AS UserDomainId, ud.name AS UserDomainName,
                   p.id AS ProjectId, p.name AS ProjectName, pd.id AS ProjectDomainId, pd.name AS ProjectDomainName
            FROM tokens t
            JOIN users u ON u.id = t.user_id AND u.enabled = 1
            JOIN domains ud ON ud.id = u.domain_id
            LEFT JOIN projects p ON p.id = t.project_id AND p.enabled = 1
            LEFT JOIN domains pd ON pd.id = p.domain_id
            WHERE t.hash = @hash AND t.expires_at > @now AND (t.project_id IS NULL OR p.id IS NOT NULL)
            """, new { hash, now = time.GetUtcNow().ToMicroseconds() });
        if (row is null)
            return null;
        IReadOnlyList<Named> roles = row.ProjectId is null ? []
            : [.. await db.QueryAsync<Named>(EffectiveRoles, new { user = row.UserId, project = row.ProjectId })];
        return row.ProjectId is not null && roles.Count == 0 ? null : row.ToRecord(roles);
    }, ct);

    /// <returns>Whether there was such a token.</returns>
    public Task<bool> RevokeAsync(string hash, CancellationToken ct) => database.WriteAsync(async scope =>
        await scope.ExecuteAsync("DELETE FROM tokens WHERE hash = @hash", new { hash }) > 0, ct);

    public static Task RevokeOfUserAsync(WriteScope scope, string userId) =>
        scope.ExecuteAsync("DELETE FROM tokens WHERE user_id = @userId", new { userId });

    public static Task RevokeOfProjectAsync(WriteScope scope, string projectId) =>
        scope.ExecuteAsync("DELETE FROM tokens WHERE project_id = @projectId", new { projectId });

    /// <returns>How many have been removed.</returns>
    public Task<int> CollectExpiredAsync(CancellationToken ct) => database.WriteKeepingTokensAsync(scope => scope.ExecuteAsync(
        "DELETE FROM tokens WHERE expires_at <= @now", new { now = time.GetUtcNow().ToMicroseconds() }), ct);

    private static string Json(IReadOnlyList<string> words) => JsonSerializer.Serialize(words);

    private sealed class Row
    {
        public string Hash { get; init; } = "";
        public string Methods { get; init; } = "";
        public string AuditIds { get; init; } = "";
        public long IssuedAt { get; init; }
        public long ExpiresAt { get; init; }
        public string UserId { get; init; } = "";
        public string UserName { get; init; } = "";
        public string UserDomainId { get; init; } = "";
        public string UserDomainName { get; init; } = "";
        public string? ProjectId { get; init; }
        public string? ProjectName { get; init; }
        public string? ProjectDomainId { get; init; }
        public string? ProjectDomainName { get; init; }

        public TokenRecord ToRecord(IReadOnlyList<Named> roles) => new(
            Hash, JsonSerializer.Deserialize<string[]>(Methods)!, JsonSerializer.Deserialize<string[]>(AuditIds)!,
            Timestamp.FromMicroseconds(IssuedAt), Timestamp.FromMicroseconds(ExpiresAt),
            new Named(UserId, UserName), new Named(UserDomainId, UserDomainName),
            ProjectId is null ? null : new ScopedProject(ProjectId, ProjectName!, new Named(ProjectDomainId!, ProjectDomainName!)), roles);
    }
}
