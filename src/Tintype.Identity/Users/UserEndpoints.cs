using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Identity.Tokens;
using Tintype.Platform.Http;
using Tintype.Protocol.Identity;

namespace Tintype.Identity.Users;

internal static class UserEndpoints
{
    public static void Map(IEndpointRouteBuilder v3)
    {
        v3.MapGet("/users", ListAsync);
        v3.MapGet("/users/{id}", ShowAsync);
        v3.MapPost("/users", CreateAsync);
        v3.MapPatch("/users/{id}", ChangeAsync);
        v3.MapDelete("/users/{id}", DeleteAsync);
        v3.MapPost("/users/{id}/password", ChangeOwnPasswordAsync);
    }

    // Users may look up themselves; whom else there is, is the administrator's to know.
    private static async Task<JsonHttpResult<UserList>> ListAsync(HttpRequest request, TokenHolder holder, UserRepository users, CancellationToken ct)
    {
        var filter = new UserFilter(Lists.Filter(request, "name"), Lists.Filter(request, "domain_id"), Lists.Flag(request, "enabled"),
            Lists.Filter(request, "default_project_id"));
        if (filter.Name != holder.Token.User.Name)
            holder.RequireAdmin("identity:list_users");
        var found = (await users.ListAsync(filter, ct)).Where(u => holder.IsAdmin || u.Id == holder.UserId);
        return TypedResults.Json(new UserList([.. found.Select(u => View(request, u))], Lists.LinksOf(request)), IdentityJson.Default.UserList);
    }

    private static async Task<JsonHttpResult<UserDocument>> ShowAsync(HttpRequest request, string id, TokenHolder holder, UserRepository users, CancellationToken ct)
    {
        if (id != holder.UserId)
            holder.RequireAdmin("identity:get_user");
        return Document(request, await users.FindAsync(id, ct) ?? throw Fault.UserNotFound(id), StatusCodes.Status200OK);
    }

    private static async Task<JsonHttpResult<UserDocument>> CreateAsync(HttpRequest request, TokenHolder holder, UserAdministration users, CancellationToken ct)
    {
        holder.RequireAdmin("identity:create_user");
        return Document(request, await users.CreateAsync(await ReadAsync(request, ct), ct), StatusCodes.Status201Created);
    }

    private static async Task<JsonHttpResult<UserDocument>> ChangeAsync(
        HttpRequest request, string id, TokenHolder holder, UserAdministration users, CancellationToken ct)
    {
        holder.RequireAdmin("identity:update_user");
        return Document(request, await users.ChangeAsync(id, await ReadAsync(request, ct), ct), StatusCodes.Status200OK);
    }

    private static async Task<NoContent> DeleteAsync(string id, TokenHolder holder, UserRepository users, CancellationToken ct)
    {
        holder.RequireAdmin("identity:delete_user");
        return await users.DeleteAsync(id, ct) ? TypedResults.NoContent() : throw Fault.UserNotFound(id);
    }

    private static async Task<NoContent> ChangeOwnPasswordAsync(
        HttpRequest request, string id, TokenHolder holder, UserAdministration users, CancellationToken ct)
    {
        if (id != holder.UserId)
            throw Fault.NotAuthorized("identity:change_password");
        await users.ChangeOwnPasswordAsync(id, await ReadAsync(request, ct), ct);
        return TypedResults.NoContent();
    }

    private static async Task<Attributes> ReadAsync(HttpRequest request, CancellationToken ct) =>
        new((await JsonBody.ReadAsync(request, IdentityJson.Default.UserRequest, ct)).User, "user");

    private static JsonHttpResult<UserDocument> Document(HttpRequest request, UserRecord user, int status) =>
        TypedResults.Json(new UserDocument(View(request, user)), IdentityJson.Default.UserDocument, statusCode: status);

    private static UserView View(HttpRequest request, UserRecord user) => new(
        user.Id, user.Name, user.DomainId, user.Enabled, user.DefaultProjectId, PasswordExpiresAt: null, Lists.NoOptions,
        new ResourceLinks(Lists.Url(request, $"/users/{user.Id}")))
    {
        Extra = user.Extra.ToDictionary(),
    };
}
