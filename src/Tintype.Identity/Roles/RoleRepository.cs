using Dapper;
using Tintype.Identity.Tokens;
using Tintype.Platform.Database;

namespace Tintype.Identity.Roles;

internal sealed class RoleRepository(MetadataDatabase database)
{
    /// <summary>What a user holds on a project, implied roles included, by name.</summary>
    public Task<IReadOnlyList<Named>> EffectiveAsync(string userId, string projectId, CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<Named>)[.. await db.QueryAsync<Named>(TokenRepository.EffectiveRoles, new { user = userId, project = projectId })], ct);

    public static Task<string?> FindIdByNameAsync(WriteScope scope, string name) =>
        scope.SingleOrDefaultAsync<string>("SELECT id FROM roles WHERE name = @name", new { name });

    /// <summary>Gives the role; nothing happens if the user has it already.</summary>
    public static Task AssignAsync(WriteScope scope, string userId, string projectId, string roleId) => scope.ExecuteAsync("""
        INSERT INTO role_assignments (user_id, project_id, role_id) VALUES (@userId, @projectId, @roleId) ON CONFLICT DO NOTHING
        """, new { userId, projectId, roleId });
}
