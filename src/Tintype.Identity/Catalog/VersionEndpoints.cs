using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Platform.Http;
using Tintype.Protocol.Identity;

namespace Tintype.Identity.Catalog;

/// <summary>The documents by which a client finds out that this is Identity v3, before it has a token.</summary>
internal static class VersionEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/identity", List).AllowAnonymous();
        routes.MapGet("/identity/v3", Show).AllowAnonymous();
    }

    private static JsonHttpResult<VersionList> List(HttpRequest request) => TypedResults.Json(
        new VersionList(new VersionValues([Version(request)])), IdentityJson.Default.VersionList, statusCode: StatusCodes.Status300MultipleChoices);

    private static JsonHttpResult<VersionDocument> Show(HttpRequest request) =>
        TypedResults.Json(new VersionDocument(Version(request)), IdentityJson.Default.VersionDocument);

    private static VersionView Version(HttpRequest request) => new(
        "v3.14", "stable", "2020-04-07T00:00:00Z",
        [new VersionLink("self", PublicUrl.Of(request, "/identity/v3/"))],
        [new VersionMediaType("application/json", "application/vnd.openstack.identity-v3+json")]);
}
