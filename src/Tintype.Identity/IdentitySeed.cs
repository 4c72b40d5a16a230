using System.Text.Json;
using Tintype.Identity.Passwords;
using Tintype.Identity.Projects;
using Tintype.Identity.Roles;
using Tintype.Identity.Tokens;
using Tintype.Identity.Users;
using Tintype.Platform.Database;

namespace Tintype.Identity;

/// <summary>Makes the first projects and users of a new cloud, before there is anybody who could sign in and ask for them.</summary>
public sealed class IdentitySeed
{
    /// <summary>The domain that everything of a stand-alone cloud is in.</summary>
    public const string DomainName = "Default";

    /// <summary>The region that the catalog says all services are in.</summary>
    public const string Region = Catalog.ServiceCatalog.Region;

    private const string DomainId = "default";

    private readonly IdentityDatabase _database;
    private readonly ProjectRepository _projects;
    private readonly UserRepository _users;
    private readonly PasswordHasher _passwords;

    internal IdentitySeed(IdentityDatabase database, ProjectRepository projects, UserRepository users, PasswordHasher passwords)
    {
        _database = database;
        _projects = projects;
        _users = users;
        _passwords = passwords;
    }

    /// <summary>
    /// Makes the project, the user and the assignment where they are missing, and gives the user <paramref name="password"/>. May be repeated.
    /// </summary>
    /// <param name="role">admin, manager, member or reader.</param>
    /// <returns>The project's id.</returns>
    public async Task<string> EnsureAsync(string project, string projectDescription, string user, string password, string role, CancellationToken ct)
    {
        var hash = await _passwords.HashAsync(password, ct);
        return await _database.WriteAsync(async scope =>
        {
            await _projects.InsertAsync(scope, new ProjectRecord(NewId(), DomainId, project, Enabled: true, [], Description(projectDescription)));
            var projectId = await IdOfAsync(scope, "projects", project);
            await _users.InsertAsync(scope, new UserRecord(NewId(), DomainId, user, Enabled: true, projectId, Description("")), hash);
            var userId = await IdOfAsync(scope, "users", user);
            await UserRepository.SetPasswordAsync(scope, userId, hash);
            var roleId = await RoleRepository.FindIdByNameAsync(scope, role)
                ?? throw new ArgumentException($"There is no role '{role}'.", nameof(role));
            await AssignmentRepository.AssignAsync(scope, userId, projectId, roleId);
            return projectId;
        }, ct);
    }

    /// <summary>Gives the user a new password, which ends the user's sessions.</summary>
    /// <returns>False if there is no such user any more.</returns>
    public async Task<bool> ResetPasswordAsync(string user, string password, CancellationToken ct)
    {
        if (await _users.FindByNameAsync(DomainId, user, ct) is not { } found)
            return false;
        var hash = await _passwords.HashAsync(password, ct);
        await _database.WriteAsync(scope => UserRepository.SetPasswordAsync(scope, found.Id, hash), ct);
        return true;
    }

    /// <returns>The id of the project of that name; null if there is none.</returns>
    public async Task<string?> FindProjectAsync(string name, CancellationToken ct) =>
        (await _projects.FindAsync(new Identified(null, name, DomainId, null), ct))?.Id;

    private static async Task<string> IdOfAsync(WriteScope scope, string table, string name) =>
        (await scope.SingleOrDefaultAsync<string>($"SELECT id FROM {table} WHERE domain_id = '{DomainId}' AND name = @name", new { name }))!;

    private static string NewId() => Guid.NewGuid().ToString("N");

    private static Dictionary<string, JsonElement> Description(string text) => new() { ["description"] = JsonSerializer.SerializeToElement(text) };
}
