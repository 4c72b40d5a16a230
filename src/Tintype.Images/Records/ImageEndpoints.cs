using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Images.Import;
using Tintype.Images.Locations;
using Tintype.Images.Stores;
using Tintype.Images.Protections;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol.Images;

namespace Tintype.Images.Records;

internal static class ImageEndpoints
{
    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/images", CreateAsync);
        api.MapGet("/images/{id}", ShowAsync).RejectBody();
        api.MapPatch("/images/{id}", PatchAsync);
        api.MapDelete("/images/{id}", DeleteAsync).RejectBody();
        api.MapPut("/images/{id}/tags/{tag}", AddTagAsync).RejectBody();
        api.MapDelete("/images/{id}/tags/{tag}", RemoveTagAsync).RejectBody();
        api.MapPost("/images/{id}/actions/deactivate", DeactivateAsync).RejectBody();
        api.MapPost("/images/{id}/actions/reactivate", ReactivateAsync).RejectBody();
    }

    private static async Task<JsonHttpResult<ImageView>> CreateAsync(
        HttpContext context, Caller caller, ImageCreation creation, PropertyProtections protections, ImageStores stores, LocationViews views, CancellationToken ct)
    {
        using var body = await GlanceRequest.ReadJsonAsync(context.Request, ct);
        var image = await creation.CreateAsync(body.RootElement, caller, ct);
        context.Response.Headers.Location = PublicUrl.Of(context.Request, $"/image/v2/images/{image.Id}");
        context.Response.Headers["OpenStack-image-import-methods"] = string.Join(',', ImportMethods.All);
        context.Response.Headers["OpenStack-image-store-ids"] = string.Join(',', stores.Shown.Select(store => store.Name));
        return await JsonAsync(protections.Readable(image, caller), caller, views, ct, StatusCodes.Status201Created);
    }

    private static async Task<JsonHttpResult<ImageView>> ShowAsync(
        string id, Caller caller, ImageLifecycle images, PropertyProtections protections, LocationViews views, CancellationToken ct) => await JsonAsync(
        protections.Readable(await images.FindForAsync(ImageAction.Show, ImageId.Parse(id, ImageAction.Show), caller, ct), caller), caller, views, ct);

    private static async Task<JsonHttpResult<ImageView>> PatchAsync(
        string id, HttpRequest request, Caller caller, ImageChanges changes, PropertyProtections protections, LocationViews views, CancellationToken ct)
    {
        var dialect = ImagePatch.Dialect(request.ContentType);
        using var body = await GlanceRequest.ReadJsonAsync(request, ct);
        var patch = ImagePatch.Parse(body.RootElement, dialect);
        var image = await changes.PatchAsync(ImageId.Parse(id, ImageAction.Modify), patch, dialect, caller, ct);
        return await JsonAsync(protections.Readable(image, caller), caller, views, ct);
    }

    private static async Task<NoContent> DeleteAsync(string id, Caller caller, ImageChanges changes, CancellationToken ct)
    {
        await changes.DeleteAsync(ImageId.Parse(id, ImageAction.Delete), caller, ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> AddTagAsync(string id, string tag, Caller caller, ImageChanges changes, CancellationToken ct)
    {
        await changes.AddTagAsync(ImageId.Parse(id, ImageAction.Tag), ImageTag.Parse(tag), caller, ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> RemoveTagAsync(string id, string tag, Caller caller, ImageChanges changes, CancellationToken ct)
    {
        await changes.RemoveTagAsync(ImageId.Parse(id, ImageAction.Tag), ImageTag.Parse(tag), caller, ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> DeactivateAsync(string id, Caller caller, ImageChanges changes, CancellationToken ct)
    {
        await changes.DeactivateAsync(ImageId.Parse(id, ImageAction.Deactivate), caller, ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> ReactivateAsync(string id, Caller caller, ImageChanges changes, CancellationToken ct)
    {
        await changes.ReactivateAsync(ImageId.Parse(id, ImageAction.Reactivate), caller, ct);
        return TypedResults.NoContent();
    }

    private static async ValueTask<JsonHttpResult<ImageView>> JsonAsync(
        ImageRecord image, Caller caller, LocationViews views, CancellationToken ct, int status = StatusCodes.Status200OK) =>
        TypedResults.Json(await views.ViewAsync(image, caller, ct), ImagesJson.Default.ImageView, "application/json", status);
}
