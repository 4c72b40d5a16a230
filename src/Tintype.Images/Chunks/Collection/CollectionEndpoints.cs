using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;
using Tintype.Protocol.Extensions;
using Tintype.Storage.Chunks.Collection;

namespace Tintype.Images.Chunks.Collection;

internal static class CollectionEndpoints
{
    /// <param name="chunks">The group <c>/tintype/v1/chunks</c>.</param>
    public static void Map(IEndpointRouteBuilder chunks)
    {
        chunks.MapGet("/collection", ShowAsync);
        chunks.MapPost("/collection", BeginAsync);
    }

    /// <exception cref="Fault">403: what is stored is the operator's matter.</exception>
    private static async Task<JsonHttpResult<ChunkCollectionsView>> ShowAsync(Caller caller, ChunkStores stores, ChunkCareRepository care, CancellationToken ct)
    {
        ChunksSetup.RequireAdmin(caller);
        var views = new List<ChunkCollectionView>();
        foreach (var store in stores.All)
        {
            views.Add(new ChunkCollectionView(store.Name,
                View(await care.FindAsync(store.Name, ChunkCareRepository.Collection, ct)), View(await care.FindAsync(store.Name, ChunkCareRepository.Trial, ct))));
        }

        return TypedResults.Json(new ChunkCollectionsView(views), ExtensionsJson.Default.ChunkCollectionsView);
    }

    /// <exception cref="Fault">403; 400: the body is not what is asked for.</exception>
    private static async Task<JsonHttpResult<TaskAccepted>> BeginAsync(
        HttpContext context, Caller caller, MetadataDatabase database, TaskQueue tasks, CancellationToken ct)
    {
        ChunksSetup.RequireAdmin(caller);
        var wanted = await JsonBody.ReadAsync(context.Request, ExtensionsJson.Default.ChunkCollectionRequest, ct);
        var work = new CollectionWork(wanted.DryRun);
        var task = await database.WriteAsync(scope => tasks.EnqueueAsync(scope,
            new NewTask(CollectionWork.Kind, Guid.Empty, caller.ProjectId, caller.UserId, RequestId.Of(context), work.ToJson())), ct);
        return TypedResults.Json(new TaskAccepted(task), ExtensionsJson.Default.TaskAccepted, statusCode: StatusCodes.Status202Accepted);
    }

    private static CollectionView? View(ChunkCare? care)
    {
        if (care is null)
            return null;
        var tally = JsonSerializer.Deserialize(care.Outcome, CollectionJson.Default.CollectionTally) ?? new CollectionTally();
        return new CollectionView(care.StartedAt.ToWire(), care.FinishedAt?.ToWire(), tally.Needed, tally.NeededBytes, tally.Condemned, tally.CondemnedBytes, tally.Pardoned,
            tally.Waiting, tally.WaitingBytes, tally.Removed, tally.RemovedBytes, tally.PacksDeleted, tally.PacksRewritten, tally.LeftoversDeleted, tally.FreedBytes,
            tally.Missing, tally.Problem);
    }
}
