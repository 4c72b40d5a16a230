using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Platform.Http;
using Tintype.Protocol.Compute;

namespace Tintype.Compute.Api;

/// <summary>Discovery: which compute API is here. Open to everybody, since clients ask before they have a token.</summary>
internal static class VersionEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        // The route pattern matches with and without the trailing slash.
        routes.MapGet(ComputeApi.Root, List).AllowAnonymous();
        routes.MapGet(ComputeApi.Path, Show).AllowAnonymous();
    }

    private static JsonHttpResult<ComputeVersions> List(HttpRequest request) =>
        TypedResults.Json(new ComputeVersions([Describe(request, withMediaTypes: false)]), ComputeJson.Default.ComputeVersions);

    private static JsonHttpResult<ComputeVersionEnvelope> Show(HttpRequest request) =>
        TypedResults.Json(new ComputeVersionEnvelope(Describe(request, withMediaTypes: true)), ComputeJson.Default.ComputeVersionEnvelope);

    private static ComputeVersion Describe(HttpRequest request, bool withMediaTypes)
    {
        var self = new VersionLink("self", PublicUrl.Of(request, ComputeApi.Path + "/"));
        return new ComputeVersion("v2.1", "CURRENT", ComputeApi.Versions.Maximum.ToString(), ComputeApi.Versions.Minimum.ToString(), "2013-07-23T11:33:21Z",
            withMediaTypes ? [self, new("describedby", "http://docs.openstack.org/", "text/html")] : [self],
            withMediaTypes ? [new("application/json", "application/vnd.openstack.compute+json;version=2.1")] : null);
    }
}
