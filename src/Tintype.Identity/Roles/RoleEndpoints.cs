using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Identity.Tokens;
using Tintype.Platform.Http;
using Tintype.Protocol.Identity;

namespace Tintype.Identity.Roles;

internal static class RoleEndpoints
{
    private const int LongestName = 255;
    private static readonly Dictionary<string, bool> _immutable = new() { ["immutable"] = true };

    public static void Map(IEndpointRouteBuilder v3)
    {
        v3.MapGet("/roles", ListAsync);
        v3.MapGet("/roles/{id}", ShowAsync);
        v3.MapPost("/roles", CreateAsync);
        v3.MapPatch("/roles/{id}", ChangeAsync);
        v3.MapDelete("/roles/{id}", DeleteAsync);
    }

    private static async Task<JsonHttpResult<RoleList>> ListAsync(HttpRequest request, TokenHolder holder, RoleRepository roles, CancellationToken ct)
    {
        holder.RequireAdmin("identity:list_roles");
        // Roles that belong to a domain do not exist here.
        var found = Lists.Filter(request, "domain_id") is { Length: > 0 } ? [] : await roles.ListAsync(Lists.Filter(request, "name"), ct);
        return TypedResults.Json(List(request, found), IdentityJson.Default.RoleList);
    }

    private static async Task<JsonHttpResult<RoleDocument>> ShowAsync(HttpRequest request, string id, TokenHolder holder, RoleRepository roles, CancellationToken ct)
    {
        holder.RequireAdmin("identity:get_role");
        return Document(request, await roles.FindAsync(id, ct) ?? throw Fault.RoleNotFound(id), StatusCodes.Status200OK);
    }

    private static async Task<JsonHttpResult<RoleDocument>> CreateAsync(HttpRequest request, TokenHolder holder, RoleRepository roles, CancellationToken ct)
    {
        holder.RequireAdmin("identity:create_role");
        var attributes = await ReadAsync(request, ct);
        attributes.Ignore("id");
        var role = Changed(new RoleRecord(Guid.NewGuid().ToString("N"), attributes.RequireName(LongestName), null, Immutable: false), attributes);
        return await roles.InsertAsync(role, ct) ? Document(request, role, StatusCodes.Status201Created) : throw Fault.RoleNameTaken(role.Name);
    }

    private static async Task<JsonHttpResult<RoleDocument>> ChangeAsync(
        HttpRequest request, string id, TokenHolder holder, RoleRepository roles, CancellationToken ct)
    {
        holder.RequireAdmin("identity:update_role");
        var attributes = await ReadAsync(request, ct);
        attributes.RequireUnchanged("id", id);
        return Document(request, await roles.UpdateAsync(id, before => Changed(before, attributes), ct), StatusCodes.Status200OK);
    }

    private static async Task<NoContent> DeleteAsync(string id, TokenHolder holder, RoleRepository roles, CancellationToken ct)
    {
        holder.RequireAdmin("identity:delete_role");
        await roles.DeleteAsync(id, ct);
        return TypedResults.NoContent();
    }

    private static RoleRecord Changed(RoleRecord role, Attributes attributes)
    {
        if (attributes.TakeText("domain_id").Value is { } domain)
            throw Fault.BadRequest($"domain_id {domain} is not supported: roles do not belong to a domain here. Leave it out.");
        return role with
        {
            Name = attributes.TakeName(LongestName).Or(role.Name),
            Description = attributes.TakeText("description").Or(role.Description),
            Immutable = attributes.TakeOptions(immutable: true).Or(role.Immutable),
        };
    }

    private static async Task<Attributes> ReadAsync(HttpRequest request, CancellationToken ct) =>
        new((await JsonBody.ReadAsync(request, IdentityJson.Default.RoleRequest, ct)).Role, "role");

    internal static RoleList List(HttpRequest request, IEnumerable<RoleRecord> roles) => new([.. roles.Select(r => View(request, r))], Lists.LinksOf(request));

    private static JsonHttpResult<RoleDocument> Document(HttpRequest request, RoleRecord role, int status) =>
        TypedResults.Json(new RoleDocument(View(request, role)), IdentityJson.Default.RoleDocument, statusCode: status);

    private static RoleView View(HttpRequest request, RoleRecord role) => new(role.Id, role.Name, DomainId: null, role.Description,
        role.Immutable ? _immutable : Lists.NoOptions, new ResourceLinks(Lists.Url(request, $"/roles/{role.Id}")));
}
