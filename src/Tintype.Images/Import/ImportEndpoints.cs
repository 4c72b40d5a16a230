using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol.Images;

namespace Tintype.Images.Import;

internal static class ImportEndpoints
{
    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/images/{id}/import", ImportAsync);
        api.MapGet("/info/import", Methods);
    }

    private static async Task<StatusCodeHttpResult> ImportAsync(string id, HttpContext http, Caller caller, ImageImports imports, CancellationToken ct)
    {
        using var body = await GlanceRequest.ReadJsonAsync(http.Request, ct);
        var request = ImportRequest.Parse(body.RootElement);
        var wished = http.Request.Headers["x-image-meta-store"].ToString();
        await imports.StartAsync(ImageId.Parse(id, ImageAction.Modify), request, wished.Length == 0 ? null : wished, caller,
            http.Request.Headers["X-Auth-Token"].ToString(), RequestId.Of(http), ct);
        return TypedResults.StatusCode(StatusCodes.Status202Accepted);
    }

    private static JsonHttpResult<ImportInfoView> Methods(Caller caller) => TypedResults.Json(
        new ImportInfoView(new ImportMethodsView("Import methods available.", "array", ImportMethods.All)), ImagesJson.Default.ImportInfoView, "application/json");
}
