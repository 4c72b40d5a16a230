using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Identity.Catalog;
using Tintype.Platform.Http;
using Tintype.Protocol.Identity;

namespace Tintype.Identity.Tokens;

internal static class TokenEndpoints
{
    private const string SubjectToken = "X-Subject-Token";

    public static void Map(IEndpointRouteBuilder v3)
    {
        v3.MapPost("/auth/tokens", IssueAsync);
        v3.MapMethods("/auth/tokens", [HttpMethods.Get, HttpMethods.Head], ShowAsync);
        v3.MapDelete("/auth/tokens", RevokeAsync);
        v3.MapGet("/auth/catalog", ShowCatalog);
    }

    private static async Task<JsonHttpResult<TokenDocument>> IssueAsync(HttpContext context, TokenIssuer issuer, CancellationToken ct)
    {
        var request = await JsonBody.ReadAsync(context.Request, IdentityJson.Default.AuthRequest, ct);
        var (secret, token) = await issuer.IssueAsync(SignIn.Read(request), ct);
        context.Response.Headers[SubjectToken] = secret;
        return View(context, token, StatusCodes.Status201Created);
    }

    private static async Task<JsonHttpResult<TokenDocument>> ShowAsync(HttpContext context, TokenHolder holder, TokenRepository tokens, CancellationToken ct)
    {
        var (text, token) = await FindSubjectAsync(context, tokens, ct);
        if (token.User.Id != holder.UserId)
            holder.RequireAdmin("identity:validate_token");
        context.Response.Headers[SubjectToken] = text;
        return View(context, token, StatusCodes.Status200OK);
    }

    private static async Task<NoContent> RevokeAsync(HttpContext context, TokenHolder holder, TokenRepository tokens, CancellationToken ct)
    {
        var (_, token) = await FindSubjectAsync(context, tokens, ct);
        if (token.User.Id != holder.UserId)
            holder.RequireAdmin("identity:revoke_token");
        await tokens.RevokeAsync(token.Hash, ct);
        return TypedResults.NoContent();
    }

    private static JsonHttpResult<CatalogDocument> ShowCatalog(HttpRequest request, TokenHolder holder) => TypedResults.Json(
        new CatalogDocument(holder.Token.Project is null ? [] : ServiceCatalog.For(request),
            new Links(null, PublicUrl.Of(request, "/identity/v3/auth/catalog"), null)),
        IdentityJson.Default.CatalogDocument);

    private static async Task<(string Text, TokenRecord Token)> FindSubjectAsync(HttpContext context, TokenRepository tokens, CancellationToken ct)
    {
        var text = context.Request.Headers[SubjectToken].ToString();
        if (text.Length == 0)
            throw Fault.BadRequest($"The header {SubjectToken} must hold the token that the request is about.");
        return (text, await tokens.FindValidAsync(TokenSecret.HashOf(text), ct)
            ?? throw Fault.NotFound($"Could not find token: the one in {SubjectToken} is unknown, expired or revoked."));
    }

    private static JsonHttpResult<TokenDocument> View(HttpContext context, TokenRecord token, int status)
    {
        context.Response.Headers.Vary = "X-Auth-Token";
        var view = new TokenView(
            token.Methods,
            new TokenUser(Reference(token.UserDomain), token.User.Id, token.User.Name, PasswordExpiresAt: null),
            token.AuditIds,
            WithMicroseconds(token.ExpiresAt),
            WithMicroseconds(token.IssuedAt),
            token.Project is { } project ? new TokenProject(Reference(project.Domain), project.Id, project.Name) : null,
            token.Project is null ? null : false,
            token.Project is null ? null : [.. token.Roles.Select(role => new RoleReference(role.Id, role.Name))],
            token.Project is null || context.Request.Query.ContainsKey("nocatalog") ? null : ServiceCatalog.For(context.Request));
        return TypedResults.Json(new TokenDocument(view), IdentityJson.Default.TokenDocument, statusCode: status);
    }

    private static DomainReference Reference(Named domain) => new(domain.Id, domain.Name);

    private static string WithMicroseconds(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
