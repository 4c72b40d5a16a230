using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Platform.Policy;
using Tintype.Protocol.Extensions;

namespace Tintype.Images.Sizes;

internal static class SizeEndpoints
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/tintype/v1/images/{id:guid}/sizes", ShowAsync);

    private static async Task<JsonHttpResult<ImageSizesView>> ShowAsync(Guid id, Caller caller, ImageSizes sizes, CancellationToken ct) =>
        TypedResults.Json(await sizes.MeasureAsync(id, caller, ct), ExtensionsJson.Default.ImageSizesView);
}
