using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tintype.Compute.Servers;
using Tintype.Images.Records;
using Tintype.Platform;
using Tintype.Platform.Tasks;

namespace Tintype.Snapshots.Capture;

/// <summary>
/// At start-up removes snapshots that have no task to speak for them: asked for when the last server was killed before it could queue them, or
/// given up halfway. Runs before the tasks do.
/// </summary>
internal sealed class UnqueuedSnapshots(SnapshotRepository snapshots, TaskQueue tasks, InterruptedCapture interrupted, DataDirectory data, IServerCatalog servers,
    IImageCatalog images, ISystemImages systemImages, ILogger<UnqueuedSnapshots> log) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var snapshot in await snapshots.ListAsync(cancellationToken))
        {
            if (!await HasTaskAsync(snapshot, cancellationToken))
                await RemoveAsync(snapshot, cancellationToken);
        }

        // Complete copies that an earlier version had yet to seal.
        if (Directory.Exists(Path.Combine(data.Root, "snapshots")))
            Directory.Delete(Path.Combine(data.Root, "snapshots"), recursive: true);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<bool> HasTaskAsync(SnapshotRecord snapshot, CancellationToken ct) =>
        snapshot.TaskId is { } id && await tasks.FindAsync(id, ct) is { State: TaskState.Pending or TaskState.Running };

    private async Task RemoveAsync(SnapshotRecord snapshot, CancellationToken ct)
    {
        if (await servers.FindAsync(snapshot.ServerId, ct) is { } server)
            await interrupted.ReleaseAsync(snapshot, server, ct);
        if (await images.FindAsync(snapshot.ImageId, ct) is { Status: not ImageStatus.Active })
        {
            CaptureLog.GivenUp(log, snapshot.ImageId, snapshot.ServerId);
            await systemImages.DiscardAsync(snapshot.ImageId, ct);
        }

        await servers.SetTaskStateAsync(snapshot.ServerId, null, ct);
        await snapshots.DeleteAsync(snapshot.ImageId, ct);
    }
}
