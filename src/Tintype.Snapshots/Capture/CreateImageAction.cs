using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tintype.Compute.Servers;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol.Compute;

namespace Tintype.Snapshots.Capture;

/// <summary><c>createImage</c>: Nova's word for taking a snapshot.</summary>
internal sealed class CreateImageAction(SnapshotRequests snapshots) : IServerAction
{
    /// <summary>From 2.45 on the id is in the body; before, at the end of the Location.</summary>
    private const int IdInBody = 45;

    public string Name => "createImage";

    public async Task<IResult> ExecuteAsync(
        ServerRecord server, JsonElement arguments, int microversion, Caller caller, HttpContext context, CancellationToken ct)
    {
        var request = CreateImageRequest.Parse(arguments);
        if (!caller.IsMember)
            throw Fault.Forbidden("Policy doesn't allow os_compute_api:servers:create_image to be performed.");
        var image = await snapshots.TakeAsync(server, request, caller, RequestId.Of(context), ct);
        return microversion >= IdInBody
            ? TypedResults.Json(new CreatedImage(image), CreateImageJson.Default.CreatedImage, statusCode: StatusCodes.Status202Accepted)
            : TypedResults.Accepted(PublicUrl.Of(context.Request, $"/image/v2/images/{image}"));
    }
}
