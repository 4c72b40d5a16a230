using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol.Images;

namespace Tintype.Images.Locations;

internal static class LocationEndpoints
{
    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/images/{id}/locations", AddAsync);
        api.MapGet("/images/{id}/locations", ListAsync);
    }

    private static async Task<StatusCodeHttpResult> AddAsync(string id, HttpContext http, Caller caller, LocationImports imports, CancellationToken ct)
    {
        using var body = await GlanceRequest.ReadJsonAsync(http.Request, ct);
        var request = AddLocationRequest.Parse(body.RootElement);
        await imports.StartAsync(ImageId.Parse(id, ImageAction.Show), request, caller, RequestId.Of(http), ct);
        return TypedResults.StatusCode(StatusCodes.Status202Accepted);
    }

    private static async Task<JsonHttpResult<IReadOnlyList<ImageLocationView>>> ListAsync(string id, Caller caller, LocationImports imports, CancellationToken ct)
    {
        var found = await imports.ListAsync(ImageId.Parse(id, ImageAction.Show), caller, ct);
        return TypedResults.Json<IReadOnlyList<ImageLocationView>>([.. found.Select(LocationViews.View)], ImagesJson.Default.IReadOnlyListImageLocationView, "application/json");
    }
}
