using System.Data;
using Dapper;
using Tintype.Identity.Tokens;
using Tintype.Platform.Database;
using Tintype.Platform.Http;

namespace Tintype.Identity.Roles;

/// <summary>A user has a role on a project.</summary>
/// <param name="GrantedRoleId">The role that was given: another one than <paramref name="Role"/> where that is only implied.</param>
internal sealed record Assignment(Named Role, string GrantedRoleId, Named User, Named UserDomain, Named Project, Named ProjectDomain);

/// <summary>What a list of assignments is narrowed to; null leaves it open.</summary>
/// <param name="Effective">Whether what is implied is listed, too.</param>
internal sealed record AssignmentFilter(string? UserId = null, string? ProjectId = null, string? RoleId = null, bool Effective = false);

internal sealed class AssignmentRepository(IdentityDatabase database)
{
    /// <summary>Gives the role; nothing happens if the user has it already.</summary>
    public static Task AssignAsync(WriteScope scope, string userId, string projectId, string roleId) => scope.ExecuteAsync("""
        INSERT INTO role_assignments (user_id, project_id, role_id) VALUES (@userId, @projectId, @roleId) ON CONFLICT DO NOTHING
        """, new { userId, projectId, roleId });

    /// <exception cref="Fault">404: there is no such project, user or role.</exception>
    public Task AssignAsync(string userId, string projectId, string roleId, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        await RequireAsync(scope, userId, projectId, roleId);
        await AssignAsync(scope, userId, projectId, roleId);
    }, ct);

    /// <exception cref="Fault">404: there is no such project, user or role, or the user does not have it.</exception>
    public Task RevokeAsync(string userId, string projectId, string roleId, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        await RequireAsync(scope, userId, projectId, roleId);
        if (await scope.ExecuteAsync("DELETE FROM role_assignments WHERE user_id = @userId AND project_id = @projectId AND role_id = @roleId",
            new { userId, projectId, roleId }) == 0)
            throw Fault.AssignmentNotFound(roleId, userId, projectId);
    }, ct);

    /// <summary>By project, user, role.</summary>
    public Task<IReadOnlyList<Assignment>> ListAsync(AssignmentFilter filter, CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<Assignment>)[.. (await db.QueryAsync<Row>("""
            WITH RECURSIVE held (user_id, project_id, granted_id, role_id) AS (
                SELECT user_id, project_id, role_id, role_id FROM role_assignments
                WHERE (@UserId IS NULL OR user_id = @UserId) AND (@ProjectId IS NULL OR project_id = @ProjectId)
                UNION
                SELECT h.user_id, h.project_id, h.granted_id, i.implied_role_id
                FROM held h JOIN implied_roles i ON i.prior_role_id = h.role_id WHERE @Effective)
            SELECT r.id AS RoleId, r.name AS RoleName, h.granted_id AS GrantedRoleId, u.id AS UserId, u.name AS UserName,
                   ud.id AS UserDomainId, ud.name AS UserDomainName, p.id AS ProjectId, p.name AS ProjectName,
                   pd.id AS ProjectDomainId, pd.name AS ProjectDomainName
            FROM held h JOIN roles r ON r.id = h.role_id
            JOIN users u ON u.id = h.user_id JOIN domains ud ON ud.id = u.domain_id
            JOIN projects p ON p.id = h.project_id JOIN domains pd ON pd.id = p.domain_id
            WHERE @RoleId IS NULL OR r.id = @RoleId
            ORDER BY p.name, u.name, r.name, h.granted_id
            """, filter)).Select(r => r.ToAssignment())], ct);

    /// <exception cref="Fault">404: there is no such project or user.</exception>
    public Task RequireAsync(string userId, string projectId, CancellationToken ct) => database.ReadAsync(async db =>
    {
        await RequireAsync(db, null, userId, projectId);
        return true;
    }, ct);

    private static async Task RequireAsync(WriteScope scope, string userId, string projectId, string roleId)
    {
        await RequireAsync(scope.Connection, scope.Transaction, userId, projectId);
        if (await scope.SingleOrDefaultAsync<string>("SELECT id FROM roles WHERE id = @roleId", new { roleId }) is null)
            throw Fault.RoleNotFound(roleId);
    }

    private static async Task RequireAsync(IDbConnection db, IDbTransaction? transaction, string userId, string projectId)
    {
        if (await db.QuerySingleOrDefaultAsync<string>("SELECT id FROM projects WHERE id = @projectId", new { projectId }, transaction) is null)
            throw Fault.ProjectNotFound(projectId);
        if (await db.QuerySingleOrDefaultAsync<string>("SELECT id FROM users WHERE id = @userId", new { userId }, transaction) is null)
            throw Fault.UserNotFound(userId);
    }

    private sealed class Row
    {
        public string RoleId { get; init; } = "";
        public string RoleName { get; init; } = "";
        public string GrantedRoleId { get; init; } = "";
        public string UserId { get; init; } = "";
        public string UserName { get; init; } = "";
        public string UserDomainId { get; init; } = "";
        public string UserDomainName { get; init; } = "";
        public string ProjectId { get; init; } = "";
        public string ProjectName { get; init; } = "";
        public string ProjectDomainId { get; init; } = "";
        public string ProjectDomainName { get; init; } = "";

        public Assignment ToAssignment() => new(new Named(RoleId, RoleName), GrantedRoleId, new Named(UserId, UserName),
            new Named(UserDomainId, UserDomainName), new Named(ProjectId, ProjectName), new Named(ProjectDomainId, ProjectDomainName));
    }
}
