using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Tintype.Compute.Servers;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;
using Tintype.Qemu.Process;
using Tintype.Snapshots.Preflight;

namespace Tintype.Snapshots.Capture;

/// <summary>
/// Takes a snapshot, once preflight has let it pass and its image is there.
/// <code>
///  server's task_state        image    what happens
///  image_snapshot_pending     queued   preflight: is the guest off, or does its agent answer; the work is queued as a task
///  image_snapshot             queued   running: target ► watchdog ► freeze ► point in time ► thaw ► copy (<see cref="LiveCapture"/>)
///      │                               stopped: nothing, its disk stands still
///  image_pending_upload       queued   the captured chain is complete; a running guest is no longer concerned
///  image_uploading            saving   seal: chain ► image's format ► hashes, store (<see cref="SealStep"/>)
///  none                       active   with tintype_consistency; the copy is removed
///
///  any failure, or a cancellation ► the copy, its job and node are gone, the image is gone, task_state none; the reason is on the task and the server's action
/// </code>
/// What survives a crash of this process (the guest goes on; <see cref="SnapshotTask.RecoverAsync"/> runs before any request is answered):
/// <list type="bullet">
/// <item>before the task is queued: a row in <c>snapshots</c>; the image is removed, the server is free;</item>
/// <item>while frozen: the watchdog thaws within milliseconds, and recovery once more; the moment has passed, so the snapshot fails;</item>
/// <item>while copying: the job still runs in QEMU, without anybody who would hear of its failure; it is cancelled, the snapshot fails;</item>
/// <item>after the copy: the bytes of the moment that the user asked for are safe in a file of their own; sealing begins anew;</item>
/// <item>a stopped server: its disk is still what it was, since the task state kept it off; the snapshot begins anew;</item>
/// <item>after the image is active: only the tidying is repeated.</item>
/// </list>
/// </summary>
internal sealed class SnapshotPipeline(IServerCatalog servers, IImageCatalog images, ISystemImages systemImages, SnapshotRepository snapshots,
    LiveCapture capture, CapturedFiles files, SealStep seal, ILogger<SnapshotPipeline> log)
{
    public async Task RunAsync(SnapshotWork work, ITaskProgress progress, CancellationToken ct)
    {
        try
        {
            if (await images.FindAsync(work.ImageId, ct) is not { Status: ImageStatus.Active })
                await TakeAsync(work, progress, ct);
        }
#pragma warning disable CA1031 // Whatever went wrong, the server must be as it was before; the exception goes on to the task.
        catch (Exception failure) when (failure is not OperationCanceledException || !ct.IsCancellationRequested)
#pragma warning restore CA1031
        {
            CaptureLog.Failed(log, failure, work.ImageId, work.ServerId);
            await GiveUpAsync(work, SnapshotFailure.Explain(failure, work.RequestId));
            throw SnapshotFailure.AsFault(failure);
        }

        await ConcludeAsync(work, failure: null);
    }

    /// <summary>Leaves nothing of the snapshot but the reason why there is none. May be repeated.</summary>
    public async Task GiveUpAsync(SnapshotWork work, string reason)
    {
        await systemImages.DiscardAsync(work.ImageId, CancellationToken.None);
        await ConcludeAsync(work, reason);
    }

    /// <summary>The same of a snapshot that a user has cancelled.</summary>
    /// <returns>False if it was too late: the image is active, and only the tidying was left to do.</returns>
    public async Task<bool> TryGiveUpAsync(SnapshotWork work, string reason)
    {
        var isActive = await images.FindAsync(work.ImageId, CancellationToken.None) is { Status: ImageStatus.Active };
        // Without a row it has been concluded: it failed while it was being cancelled.
        if (await snapshots.FindAsync(work.ImageId, CancellationToken.None) is null)
            return !isActive;
        if (isActive)
            await ConcludeAsync(work, failure: null);
        else
            await GiveUpAsync(work, reason);
        return !isActive;
    }

    private async Task TakeAsync(SnapshotWork work, ITaskProgress progress, CancellationToken ct)
    {
        var server = await servers.FindAsync(work.ServerId, ct) ?? throw Fault.ServerHasGone(work.ServerId);
        var started = Stopwatch.GetTimestamp();
        await servers.SetTaskStateAsync(server.Id, TaskStates.Capturing, ct);
        progress.Step(work.WasRunning ? "freezing" : "opening", 0);
        var (captured, layers) = await CaptureAsync(work, server, ct);
        var captureTime = Stopwatch.GetElapsedTime(started);

        await servers.SetTaskStateAsync(server.Id, TaskStates.Captured, ct);
        if (await images.FindAsync(work.ImageId, ct) is null)
            throw Fault.SnapshotWasDeleted(work.ImageId);
        await servers.SetTaskStateAsync(server.Id, TaskStates.Uploading, ct);
        progress.Step("copying");
        var image = await seal.RunAsync(work.ImageId, layers, server.IsolationUid, work.DiskFormat,
            SnapshotProperties.AtActivation(server, captured.Consistency, captured.Frozen), progress, ct);
        CaptureLog.Done(log, work.ImageId, server.Id, captured.Consistency.ToWord(), image.Size, (long)captureTime.TotalMilliseconds,
            (long)(Stopwatch.GetElapsedTime(started) - captureTime).TotalMilliseconds);
    }

    private async Task<(CapturedState Captured, IReadOnlyList<DiskLayer> Layers)> CaptureAsync(SnapshotWork work, ServerRecord server, CancellationToken ct)
    {
        var disk = (await servers.DiskLayersAsync(server.Id, ct)).Select(l => l.SeenFrom(server.Directory)).ToList();
        var record = await snapshots.FindAsync(work.ImageId, ct) ?? throw new InvalidOperationException($"No row of snapshot {work.ImageId}.");
        var captured = record.Captured;
        if (captured is null && servers.FindGuest(server.Id) is { } guest)
        {
            captured = await capture.RunAsync(server, guest, disk[0].Path, new BackupTarget(work.ImageId, server.Directory), work.QuiesceRequired, ct);
            await snapshots.SetCapturedAsync(work.ImageId, captured, ct);
        }

        if (captured is not null)
            return (captured, [new DiskLayer(files.PathOf(work.ImageId), "qcow2"), .. disk.Skip(1)]);
        if (server.State != VmState.Stopped)
            throw Fault.GuestHasJustEnded(server.Id);
        PlainFile.Require(disk[0].Path);
        return (new CapturedState(server.LastStop == LastStop.Clean ? Consistency.Offline : Consistency.Crash, Frozen: null), disk);
    }

    // The row goes last: until then a crash finds everything that is still to be done.
    private async Task ConcludeAsync(SnapshotWork work, string? failure)
    {
        files.Delete(work.ImageId);
        await servers.SetTaskStateAsync(work.ServerId, null, CancellationToken.None);
        await servers.RecordActionAsync(work.ServerId, "createImage", work.RequestId, work.UserId, failure, CancellationToken.None);
        await snapshots.DeleteAsync(work.ImageId, CancellationToken.None);
    }
}
