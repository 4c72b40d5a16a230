using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol.Extensions;

namespace Tintype.Snapshots.Verification;

internal static class VerificationEndpoints
{
    private const string Image = "/tintype/v1/images/{id:guid}";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(Image + "/verify", BeginAsync);
        routes.MapGet(Image + "/verification", ShowAsync);
        routes.MapGet(Image + "/verification/console", ConsoleAsync);
        routes.MapGet(Image + "/verification/screenshot", ScreenshotAsync);
    }

    private static async Task<JsonHttpResult<TaskAccepted>> BeginAsync(
        Guid id, Caller caller, Verifications verifications, HttpContext context, CancellationToken ct)
    {
        var task = await verifications.BeginAsync(id, caller, RequestId.Of(context), ct);
        return TypedResults.Json(new TaskAccepted(task), ExtensionsJson.Default.TaskAccepted, statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<JsonHttpResult<VerificationView>> ShowAsync(
        Guid id, Caller caller, Verifications verifications, EvidenceFolder evidence, HttpRequest request, CancellationToken ct)
    {
        var found = await verifications.FindAsync(id, caller, ct);
        return TypedResults.Json(View(found, evidence, request), ExtensionsJson.Default.VerificationView);
    }

    private static async Task<PhysicalFileHttpResult> ConsoleAsync(
        Guid id, Caller caller, Verifications verifications, EvidenceFolder evidence, CancellationToken ct)
    {
        await verifications.FindAsync(id, caller, ct);
        return File(evidence.ConsoleOf(id), "text/plain; charset=utf-8", id);
    }

    private static async Task<PhysicalFileHttpResult> ScreenshotAsync(
        Guid id, Caller caller, Verifications verifications, EvidenceFolder evidence, CancellationToken ct)
    {
        await verifications.FindAsync(id, caller, ct);
        return File(evidence.ScreenshotOf(id), "image/png", id);
    }

    private static PhysicalFileHttpResult File(string path, string contentType, Guid imageId) =>
        System.IO.File.Exists(path) ? TypedResults.PhysicalFile(path, contentType) : throw Fault.NoSuchEvidence(imageId);

    private static VerificationView View(VerificationRecord found, EvidenceFolder evidence, HttpRequest request)
    {
        string? Link(string file, string name) =>
            System.IO.File.Exists(file) ? PublicUrl.Of(request, $"/tintype/v1/images/{found.ImageId}/verification/{name}") : null;

        return new VerificationView(found.ImageId, found.TaskId, found.Verdict.ToWord(), found.Reached?.ToWord(), found.Reason, found.StartedAt.ToWire(),
            found.FinishedAt?.ToWire(), found.Took is { } took ? Math.Round(took.TotalSeconds, 1) : null,
            Link(evidence.ConsoleOf(found.ImageId), "console"), Link(evidence.ScreenshotOf(found.ImageId), "screenshot"));
    }
}
