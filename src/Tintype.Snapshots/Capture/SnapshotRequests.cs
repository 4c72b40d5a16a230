using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tintype.Compute.Servers;
using Tintype.Images.Records;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;
using Tintype.Snapshots.Preflight;

namespace Tintype.Snapshots.Capture;

/// <summary>Takes a request for a snapshot: holds the server, looks before it leaps, makes the image, queues the work.</summary>
internal sealed class SnapshotRequests(IServerCatalog servers, ISystemImages images, SnapshotPreflight preflight, SnapshotRepository snapshots,
    TaskQueue tasks, MetadataDatabase database, IOptions<CaptureOptions> options, ILogger<SnapshotRequests> log)
{
    private static readonly VmState[] _allowed = [VmState.Active, VmState.Stopped];

    /// <returns>The id of the image, which is queued.</returns>
    /// <exception cref="Platform.Http.Fault">Conflict: the server is busy, in another state, or cannot be quiesced as its image demands. No image is left.</exception>
    public async Task<Guid> TakeAsync(ServerRecord server, CreateImageRequest request, Caller caller, string requestId, CancellationToken ct)
    {
        var imageId = Guid.NewGuid();
        await using var undo = new UndoStack(log);
        server = await database.WriteAsync(async scope =>
        {
            // Together, so that whatever crash follows, the next start knows whose hold it is.
            await snapshots.InsertAsync(scope, imageId, server.Id);
            return await servers.BeginTaskAsync(scope, server.Id, TaskStates.Pending, _allowed);
        }, ct);
        undo.Push("noting the snapshot", () => snapshots.DeleteAsync(imageId, CancellationToken.None));
        undo.Push("holding the server", () => servers.SetTaskStateAsync(server.Id, null, CancellationToken.None));

        var consistency = await preflight.CheckAsync(server, ct);
        undo.Push("making the image", () => images.DiscardAsync(imageId, CancellationToken.None));
        await images.CreateAsync(NewImage(imageId, server, request, caller), ct);

        var work = new SnapshotWork(imageId, server.Id, servers.FindGuest(server.Id) is not null,
            PreflightRules.IsYes(server.ImageProperties, "os_require_quiesce"), SnapshotProperties.DiskFormat(server, options.Value.SnapshotFormat), caller.UserId, requestId);
        await database.WriteAsync(async scope =>
        {
            var task = await tasks.EnqueueAsync(scope, new NewTask(SnapshotWork.TaskKind, server.Id, server.ProjectId, caller.UserId, requestId, work.ToPayload()));
            await snapshots.SetTaskAsync(scope, imageId, task);
        }, ct);
        undo.Commit();
        CaptureLog.Accepted(log, imageId, server.Id, consistency.ToWord());
        return imageId;
    }

    private static NewSystemImage NewImage(Guid id, ServerRecord server, CreateImageRequest request, Caller caller)
    {
        var properties = SnapshotProperties.AtCreation(server, caller.UserId, request.Metadata);
        // As Nova does when an admin of another project takes it: the admin's, and offered to those whose server it was.
        var foreign = caller.ProjectId != server.ProjectId;
        return new NewSystemImage(id, request.Name, caller.ProjectId, foreign ? ImageVisibility.Shared : ImageVisibility.Private,
            SnapshotProperties.MinDisk(server), server.ImageMinRam, properties)
        {
            Members = foreign ? [server.ProjectId] : [],
        };
    }
}
