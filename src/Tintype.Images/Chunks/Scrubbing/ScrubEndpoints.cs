using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;
using Tintype.Protocol.Extensions;

namespace Tintype.Images.Chunks.Scrubbing;

internal static class ScrubEndpoints
{
    /// <param name="chunks">The group <c>/tintype/v1/chunks</c>.</param>
    public static void Map(IEndpointRouteBuilder chunks)
    {
        chunks.MapGet("/scrub", ShowAsync);
        chunks.MapPost("/scrub", BeginAsync);
    }

    /// <exception cref="Fault">403: other projects' images are named.</exception>
    private static async Task<JsonHttpResult<ChunkScrubsView>> ShowAsync(
        Caller caller, ChunkStores stores, ChunkCareRepository care, DamageRepository damages, CancellationToken ct)
    {
        ChunksSetup.RequireAdmin(caller);
        var views = new List<ChunkScrubView>();
        foreach (var store in stores.All)
        {
            var pass = await care.FindAsync(store.Name, ChunkCareRepository.Scrub, ct);
            var progress = ScrubProgress.Of(pass);
            var (damaged, healed) = await damages.CountAsync(store.Name, ct);
            views.Add(new ChunkScrubView(store.Name, pass?.StartedAt.ToWire(), pass?.FinishedAt?.ToWire(), progress.ReadBytes, progress.TotalBytes, progress.Chunks,
                damaged, healed, [.. (await damages.ListAsync(store.Name, ct)).Select(View)]));
        }

        return TypedResults.Json(new ChunkScrubsView(views), ExtensionsJson.Default.ChunkScrubsView);
    }

    private static async Task<JsonHttpResult<TaskAccepted>> BeginAsync(
        HttpContext context, Caller caller, MetadataDatabase database, TaskQueue tasks, CancellationToken ct)
    {
        ChunksSetup.RequireAdmin(caller);
        var task = await database.WriteAsync(scope => tasks.EnqueueAsync(scope,
            new NewTask(ScrubTask.TaskKind, Guid.Empty, caller.ProjectId, caller.UserId, RequestId.Of(context), "{}")), ct);
        return TypedResults.Json(new TaskAccepted(task), ExtensionsJson.Default.TaskAccepted, statusCode: StatusCodes.Status202Accepted);
    }

    private static DamagedBlobView View(DamagedBlob blob) =>
        new(blob.BlobId, blob.ImageId, blob.ImageName, blob.Places, blob.Reason, blob.FoundAt.ToWire(), blob.Obstacle);
}
