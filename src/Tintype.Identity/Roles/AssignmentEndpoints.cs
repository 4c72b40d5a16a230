using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Identity.Tokens;
using Tintype.Platform.Http;
using Tintype.Protocol.Identity;

namespace Tintype.Identity.Roles;

internal static class AssignmentEndpoints
{
    private static readonly string[] _neverHeld = ["group.id", "scope.domain.id", "scope.system", "scope.OS-INHERIT:inherited_to"];

    public static void Map(IEndpointRouteBuilder v3)
    {
        const string One = "/projects/{projectId}/users/{userId}/roles/{roleId}";
        v3.MapPut(One, GrantAsync);
        v3.MapDelete(One, RevokeAsync);
        v3.MapMethods(One, [HttpMethods.Head], CheckAsync);
        v3.MapGet("/projects/{projectId}/users/{userId}/roles", ListOnProjectAsync);
        v3.MapGet("/role_assignments", ListAsync);
    }

    private static async Task<NoContent> GrantAsync(
        string projectId, string userId, string roleId, TokenHolder holder, AssignmentRepository assignments, CancellationToken ct)
    {
        holder.RequireAdmin("identity:create_grant");
        await assignments.AssignAsync(userId, projectId, roleId, ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> RevokeAsync(
        string projectId, string userId, string roleId, TokenHolder holder, AssignmentRepository assignments, CancellationToken ct)
    {
        holder.RequireAdmin("identity:revoke_grant");
        await assignments.RevokeAsync(userId, projectId, roleId, ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> CheckAsync(
        string projectId, string userId, string roleId, TokenHolder holder, AssignmentRepository assignments, CancellationToken ct)
    {
        holder.RequireAdmin("identity:check_grant");
        var found = await assignments.ListAsync(new AssignmentFilter(userId, projectId, roleId), ct);
        return found.Count > 0 ? TypedResults.NoContent() : throw Fault.AssignmentNotFound(roleId, userId, projectId);
    }

    private static async Task<JsonHttpResult<RoleList>> ListOnProjectAsync(
        HttpRequest request, string projectId, string userId, TokenHolder holder, AssignmentRepository assignments, RoleRepository roles, CancellationToken ct)
    {
        holder.RequireAdmin("identity:list_grants");
        await assignments.RequireAsync(userId, projectId, ct);
        var held = (await assignments.ListAsync(new AssignmentFilter(userId, projectId), ct)).Select(a => a.Role.Id).ToHashSet();
        return TypedResults.Json(RoleEndpoints.List(request, (await roles.ListAsync(null, ct)).Where(r => held.Contains(r.Id))), IdentityJson.Default.RoleList);
    }

    private static async Task<JsonHttpResult<RoleAssignmentList>> ListAsync(
        HttpRequest request, TokenHolder holder, AssignmentRepository assignments, CancellationToken ct)
    {
        var filter = new AssignmentFilter(Lists.Filter(request, "user.id"), Lists.Filter(request, "scope.project.id"), Lists.Filter(request, "role.id"),
            Lists.Flag(request, "effective") ?? false);
        if (filter.UserId != holder.UserId)
            holder.RequireAdmin("identity:list_role_assignments");
        // Groups have no roles here, and neither the domain nor the system is something to have a role on.
        var nothing = _neverHeld.Any(request.Query.ContainsKey);
        var named = Lists.Flag(request, "include_names") ?? false;
        var found = nothing ? [] : await assignments.ListAsync(filter, ct);
        return TypedResults.Json(new RoleAssignmentList([.. found.Select(a => View(request, a, named))], Lists.LinksOf(request)),
            IdentityJson.Default.RoleAssignmentList);
    }

    private static RoleAssignmentView View(HttpRequest request, Assignment assignment, bool named) => new(
        new AssignedRole(assignment.Role.Id, named ? assignment.Role.Name : null),
        Actor(assignment.User, assignment.UserDomain, named),
        new AssignmentScope(Actor(assignment.Project, assignment.ProjectDomain, named)),
        new AssignmentLinks(Lists.Url(request, $"/projects/{assignment.Project.Id}/users/{assignment.User.Id}/roles/{assignment.GrantedRoleId}")));

    private static AssignedActor Actor(Named actor, Named domain, bool named) =>
        named ? new AssignedActor(actor.Id, actor.Name, new DomainReference(domain.Id, domain.Name)) : new AssignedActor(actor.Id, null, null);
}
