using Microsoft.Extensions.Logging;
using Tintype.Compute.Servers;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;

namespace Tintype.Snapshots.Capture;

/// <summary>The durable task behind <c>createImage</c>; see <see cref="SnapshotPipeline"/> for what it does and what a crash leaves.</summary>
internal sealed class SnapshotTask(SnapshotPipeline pipeline, SnapshotRepository snapshots, InterruptedCapture interrupted, IDiskFleece fleece,
    IServerCatalog servers, IImageCatalog images, ILogger<SnapshotTask> log) : ITaskHandler
{
    public string Kind => SnapshotWork.TaskKind;

    public int MaxConcurrency => 2;

    public string? UncancellableBecause => null;

    public Task RunAsync(TaskContext task, CancellationToken ct) => pipeline.RunAsync(SnapshotWork.Of(task.Task), task.Task.ProjectId, task, ct);

    public Task<bool> TryUndoAsync(TaskRecord task, string reason) => pipeline.TryGiveUpAsync(SnapshotWork.Of(task), reason);

    public async Task<TaskRecovery> RecoverAsync(TaskRecord task, CancellationToken ct)
    {
        var work = SnapshotWork.Of(task);
        if (await images.FindAsync(work.ImageId, ct) is { Status: ImageStatus.Active })
            return TaskRecovery.Rerun;

        var record = await snapshots.FindAsync(work.ImageId, ct);
        var server = await servers.FindAsync(work.ServerId, ct);
        if (record is not null && server is not null)
        {
            if (record.Plan?.Captured is not null ? await IsStillHeldAsync(work, server, ct) : IsStillStopped(work, server))
            {
                // Taken again before the first request is answered, so that nothing else gets hold of the server.
                await servers.SetTaskStateAsync(server.Id, TaskStates.Capturing, ct);
                return TaskRecovery.Rerun;
            }

            await interrupted.ReleaseAsync(record, server, ct);
        }

        CaptureLog.GivenUp(log, work.ImageId, work.ServerId);
        await pipeline.GiveUpAsync(work, record?.Plan?.Captured is null ? "Tintype was stopped while the snapshot was being taken; take it again."
            : Fault.GuestEndedMeanwhile(work.ServerId).Message);
        return TaskRecovery.Fail;
    }

    private async Task<bool> IsStillHeldAsync(SnapshotWork work, ServerRecord server, CancellationToken ct) =>
        servers.FindGuest(server.Id) is { } guest && await fleece.IsHeldAsync(new FleeceTarget(work.ImageId, server.Directory), guest, ct);

    private bool IsStillStopped(SnapshotWork work, ServerRecord server) =>
        !work.WasRunning && server.State == VmState.Stopped && servers.FindGuest(server.Id) is null;
}
