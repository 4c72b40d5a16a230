using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Tintype.Images.Records;
using Tintype.Platform.Policy;
using Tintype.Protocol.Images;

namespace Tintype.Images.Listing;

internal static class ListEndpoints
{
    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void Map(IEndpointRouteBuilder api) => api.MapGet("/images", ListAsync);

    private static async Task<JsonHttpResult<ImageListView>> ListAsync(HttpRequest request, Caller caller, ImageListing listing, CancellationToken ct)
    {
        var parameters = Parameters(request);
        var query = ImageListParser.Parse(parameters);
        var page = await listing.ListAsync(query, caller, ct);
        var first = parameters.Where(p => p.Key != "marker").ToList();
        var next = page.Next is { } marker ? Link([.. first, new("marker", marker.ToString())]) : null;
        return TypedResults.Json(new ImageListView([.. page.Images.Select(image => image.View())], Link(first), "/v2/schemas/images", next),
            ImagesJson.Default.ImageListView, "application/json");
    }

    // Not request.Query, to which the properties "Os" and "os" are one.
    private static List<KeyValuePair<string, string>> Parameters(HttpRequest request)
    {
        var parameters = new List<KeyValuePair<string, string>>();
        foreach (var pair in new QueryStringEnumerable(request.QueryString.Value))
            parameters.Add(new(pair.DecodeName().ToString(), pair.DecodeValue().ToString()));
        return parameters;
    }

    // Relative to the API's root, and form-encoded as Glance's are: clients take the link apart and put it together again.
    private static string Link(List<KeyValuePair<string, string>> parameters) => parameters.Count == 0
        ? "/v2/images"
        : $"/v2/images?{string.Join('&', parameters.Select(p => $"{Encode(p.Key)}={Encode(p.Value)}"))}";

    private static string Encode(string text) => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal);
}
