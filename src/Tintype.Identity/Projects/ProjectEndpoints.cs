using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Identity.Domains;
using Tintype.Identity.Tokens;
using Tintype.Platform.Http;
using Tintype.Protocol.Identity;

namespace Tintype.Identity.Projects;

internal static class ProjectEndpoints
{
    public static void Map(IEndpointRouteBuilder v3)
    {
        v3.MapGet("/projects", ListAsync);
        v3.MapGet("/projects/{id}", ShowAsync);
        v3.MapPost("/projects", CreateAsync);
        v3.MapPatch("/projects/{id}", ChangeAsync);
        v3.MapDelete("/projects/{id}", DeleteAsync);
        v3.MapGet("/users/{id}/projects", ListOfUserAsync);
        v3.MapGet("/auth/projects", ListMineAsync);
    }

    // Whoever is signed in may resolve an exact name, so that an image can be shared with a project by its name; looking around is for administrators.
    private static async Task<JsonHttpResult<ProjectList>> ListAsync(HttpRequest request, TokenHolder holder, ProjectRepository projects, CancellationToken ct)
    {
        var name = Lists.Filter(request, "name");
        if (name is null)
            holder.RequireAdmin("identity:list_projects");
        var filter = new ProjectFilter(name, Lists.Filter(request, "domain_id") ?? Lists.Filter(request, "parent_id"), Lists.Flag(request, "enabled"));
        // Projects that act as domains do not exist here.
        var found = Lists.Flag(request, "is_domain") == true ? [] : await projects.ListAsync(filter, ct);
        return List(request, found.Where(p => TagFilter.Of(request).Accepts(p.Tags)));
    }

    private static async Task<JsonHttpResult<ProjectList>> ListOfUserAsync(
        HttpRequest request, string id, TokenHolder holder, ProjectRepository projects, CancellationToken ct)
    {
        if (id != holder.UserId)
            holder.RequireAdmin("identity:list_user_projects");
        return List(request, await projects.ListAsync(
            new ProjectFilter(Lists.Filter(request, "name"), Lists.Filter(request, "domain_id"), Lists.Flag(request, "enabled"), id), ct));
    }

    /// <summary>What the holder could scope a token to.</summary>
    private static async Task<JsonHttpResult<ProjectList>> ListMineAsync(HttpRequest request, TokenHolder holder, ProjectRepository projects, CancellationToken ct) =>
        List(request, await projects.ListAsync(new ProjectFilter(Enabled: true, UserId: holder.UserId), ct));

    private static async Task<JsonHttpResult<ProjectDocument>> ShowAsync(
        HttpRequest request, string id, TokenHolder _, ProjectRepository projects, CancellationToken ct) =>
        Document(request, await projects.FindAsync(id, ct) ?? throw Fault.ProjectNotFound(id), StatusCodes.Status200OK);

    private static async Task<JsonHttpResult<ProjectDocument>> CreateAsync(
        HttpRequest request, TokenHolder holder, ProjectRepository projects, DomainRepository domains, CancellationToken ct)
    {
        holder.RequireAdmin("identity:create_project");
        var project = ProjectChanges.Create(await ReadAsync(request, ct));
        _ = await domains.FindAsync(project.DomainId, ct) ?? throw Fault.DomainNotFound(project.DomainId);
        return await projects.InsertAsync(project, ct) ? Document(request, project, StatusCodes.Status201Created) : throw Fault.ProjectNameTaken(project.Name);
    }

    private static async Task<JsonHttpResult<ProjectDocument>> ChangeAsync(
        HttpRequest request, string id, TokenHolder holder, ProjectRepository projects, CancellationToken ct)
    {
        holder.RequireAdmin("identity:update_project");
        var attributes = await ReadAsync(request, ct);
        return Document(request, await projects.UpdateAsync(id, before => ProjectChanges.Apply(before, attributes), ct) ?? throw Fault.ProjectNotFound(id),
            StatusCodes.Status200OK);
    }

    private static async Task<NoContent> DeleteAsync(string id, TokenHolder holder, ProjectRepository projects, CancellationToken ct)
    {
        holder.RequireAdmin("identity:delete_project");
        return await projects.DeleteAsync(id, ct) ? TypedResults.NoContent() : throw Fault.ProjectNotFound(id);
    }

    private static async Task<Attributes> ReadAsync(HttpRequest request, CancellationToken ct) =>
        new((await JsonBody.ReadAsync(request, IdentityJson.Default.ProjectRequest, ct)).Project, "project");

    private static JsonHttpResult<ProjectList> List(HttpRequest request, IEnumerable<ProjectRecord> projects) =>
        TypedResults.Json(new ProjectList([.. projects.Select(p => View(request, p))], Lists.LinksOf(request)), IdentityJson.Default.ProjectList);

    private static JsonHttpResult<ProjectDocument> Document(HttpRequest request, ProjectRecord project, int status) =>
        TypedResults.Json(new ProjectDocument(View(request, project)), IdentityJson.Default.ProjectDocument, statusCode: status);

    private static ProjectView View(HttpRequest request, ProjectRecord project) => new(
        project.Id, project.Name, project.DomainId, project.Enabled, ParentId: project.DomainId, IsDomain: false, project.Tags, Lists.NoOptions,
        new ResourceLinks(Lists.Url(request, $"/projects/{project.Id}")))
    {
        Extra = project.Extra.ToDictionary(),
    };
}
