using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Images.Locations;
using Tintype.Platform.Policy;
using Tintype.Protocol.Images;

namespace Tintype.Images.Listing;

internal static class ListEndpoints
{
    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void Map(IEndpointRouteBuilder api) => api.MapGet("/images", ListAsync);

    private static async Task<JsonHttpResult<ImageListView>> ListAsync(HttpRequest request, Caller caller, ImageListing listing, LocationViews views, CancellationToken ct)
    {
        var parameters = QueryParameters.Read(request);
        var query = ImageListParser.Parse(parameters);
        var page = await listing.ListAsync(query, caller, ct);
        var first = parameters.Where(p => p.Key != "marker").ToList();
        var next = page.Next is { } marker ? Link([.. first, new("marker", marker.ToString())]) : null;
        return TypedResults.Json(new ImageListView(await views.ViewAsync(page.Images, caller, ct), Link(first), "/v2/schemas/images", next),
            ImagesJson.Default.ImageListView, "application/json");
    }

    private static string Link(List<KeyValuePair<string, string>> parameters) => QueryParameters.Link("/v2/images", parameters);
}
