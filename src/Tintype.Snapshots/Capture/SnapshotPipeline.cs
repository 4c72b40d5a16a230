using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Tintype.Compute.Bases;
using Tintype.Compute.Servers;
using Tintype.Images.Disks;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;
using Tintype.Qemu.Disks;
using Tintype.Qemu.Process;
using Tintype.Qemu.Qmp;
using Tintype.Snapshots.Preflight;

namespace Tintype.Snapshots.Capture;

/// <summary>
/// Takes a snapshot, once preflight has let it pass and its image is there.
/// <code>
///  server's task_state        image    what happens
///  image_snapshot_pending     queued   preflight: is the guest off, or does its agent answer; the work is queued as a task
///  image_snapshot             queued   running: basis, fleece, watchdog ► freeze ► point in time ► thaw (<see cref="LiveCapture"/>)
///      │                               stopped: basis; its disk stands still
///  image_pending_upload       queued   the guest goes on; its QEMU keeps the moment (<see cref="IDiskFleece"/>)
///  image_uploading            saving   seal: what has changed is read and stored, all else is the basis's (<see cref="SealStep"/>)
///      │                      active   with tintype_consistency; in the same transaction the next bitmap becomes the server's checkpoint
///  none                       active   the fleece and the old bitmap are gone; the hashes follow as a task of their own
///
///  any failure, or a cancellation ► the fleece is gone, the bitmaps are what they were, the image is gone, task_state none; the reason is on the task and the server's action
/// </code>
/// What survives a crash of this process (the guest goes on; <see cref="SnapshotTask.RecoverAsync"/> runs before any request is answered):
/// <list type="bullet">
/// <item>before the task is queued: a row in <c>snapshots</c>; the image is removed, the server is free;</item>
/// <item>while frozen: the watchdog thaws within milliseconds, and recovery once more; the moment has passed, so the snapshot fails, and the bitmap that
/// may have been frozen records again, what came meanwhile included;</item>
/// <item>after the thaw: the moment is in QEMU still, and the row says what to go by; sealing begins anew. If QEMU has ended, the moment went with it, and the snapshot
/// fails;</item>
/// <item>a stopped server: its disk is still what it was, since the task state kept it off; the snapshot begins anew;</item>
/// <item>after the image is active: only the tidying is repeated.</item>
/// </list>
/// </summary>
internal sealed class SnapshotPipeline(IServerCatalog servers, IServerBases bases, IImageCatalog images, ISystemImages systemImages, SnapshotRepository snapshots,
    IDiskTools disks, IDiskFleece fleece, LiveCapture capture, InterruptedCapture captured, SealStep seal, ILogger<SnapshotPipeline> log)
{
    // From the end of a connection to the end of the process that had it.
    private static readonly TimeSpan _endsWithin = TimeSpan.FromSeconds(5);

    /// <param name="projectId">In whose name the hashing is queued that follows.</param>
    public async Task RunAsync(SnapshotWork work, string projectId, ITaskProgress progress, CancellationToken ct)
    {
        try
        {
            if (await images.FindAsync(work.ImageId, ct) is not { Status: ImageStatus.Active })
                await TakeAsync(work, new TaskOrigin(projectId, work.UserId, work.RequestId), progress, ct);
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

    private async Task TakeAsync(SnapshotWork work, TaskOrigin origin, ITaskProgress progress, CancellationToken ct)
    {
        var server = await servers.FindAsync(work.ServerId, ct) ?? throw Fault.ServerHasGone(work.ServerId);
        var started = Stopwatch.GetTimestamp();
        await servers.SetTaskStateAsync(server.Id, TaskStates.Capturing, ct);
        progress.Step(work.WasRunning ? "freezing" : "opening", 0);
        var record = await snapshots.FindAsync(work.ImageId, ct) ?? throw new InvalidOperationException($"No row of snapshot {work.ImageId}.");
        var guest = servers.FindGuest(server.Id);
        var plan = record.Plan is { Captured: not null } before ? before
            : guest is not null ? await CaptureAsync(work, server, guest, ct) : null;
        var captureTime = Stopwatch.GetElapsedTime(started);

        await servers.SetTaskStateAsync(server.Id, TaskStates.Captured, ct);
        if (await images.FindAsync(work.ImageId, ct) is null)
            throw Fault.SnapshotWasDeleted(work.ImageId);
        await servers.SetTaskStateAsync(server.Id, TaskStates.Uploading, ct);
        progress.Step("copying");
        var image = plan is null ? await SealStoppedAsync(work, server, origin, progress, ct)
            : guest is not null ? await SealRunningAsync(work, server, guest, plan, origin, progress, ct) : throw Fault.GuestEndedMeanwhile(server.Id);
        CaptureLog.Done(log, work.ImageId, server.Id, image.Properties["tintype_consistency"], image.Size, (long)captureTime.TotalMilliseconds,
            (long)(Stopwatch.GetElapsedTime(started) - captureTime).TotalMilliseconds);
    }

    private async Task<CapturePlan> CaptureAsync(SnapshotWork work, ServerRecord server, IGuestProcess guest, CancellationToken ct)
    {
        try
        {
            return await capture.RunAsync(server, guest, await OverlayAsync(server, ct), new FleeceTarget(work.ImageId, server.Directory), work.QuiesceRequired, ct);
        }
        catch (Exception broken) when (broken is not Fault && guest.Exited.IsCompleted && !ct.IsCancellationRequested)
        {
            // What is told depends on which of its channels was in use, and whether it had been closed on this side too by then.
            throw new Fault(FaultKind.Conflict, Fault.GuestEndedMeanwhile(server.Id).Message, broken);
        }
    }

    private async Task<ImageRecord> SealRunningAsync(SnapshotWork work, ServerRecord server, IGuestProcess guest, CapturePlan plan, TaskOrigin origin,
        ITaskProgress progress, CancellationToken ct)
    {
        try
        {
            await using var disk = await fleece.OpenAsync(new FleeceTarget(work.ImageId, server.Directory), plan.Bitmaps!, guest, ct);
            return await SealAsync(work, server, plan, plan.Captured!, disk, origin, progress, ct);
        }
        catch (Exception broken) when (broken is IOException or SocketException or QmpException && !ct.IsCancellationRequested)
        {
            if (await Task.WhenAny(guest.Exited, Task.Delay(_endsWithin, ct)) == guest.Exited)
                throw new Fault(FaultKind.Conflict, Fault.GuestEndedMeanwhile(server.Id).Message, broken);
            throw;
        }
    }

    private async Task<ImageRecord> SealStoppedAsync(
        SnapshotWork work, ServerRecord server, TaskOrigin origin, ITaskProgress progress, CancellationToken ct)
    {
        if (server.State != VmState.Stopped)
            throw Fault.GuestHasJustEnded(server.Id);
        var overlay = await OverlayAsync(server, ct);
        PlainFile.Require(overlay);
        var checkpoint = await bases.FindCheckpointAsync(server.Id, ct);
        await using var disk = await disks.OpenOverlayAsync(new DiskLayer(overlay, "qcow2"), checkpoint?.Bitmap, server.IsolationUid, ct);
        var basis = disk.Bitmap is null ? await bases.EnsureAsync(server.Id, ct) : checkpoint!.DiskId;
        await snapshots.SetPlanAsync(work.ImageId, basis, bitmaps: null, ct);
        var captured = new CapturedState(server.LastStop == LastStop.Clean ? Consistency.Offline : Consistency.Crash, Frozen: null);
        return await SealAsync(work, server, new CapturePlan(basis, Bitmaps: null, captured), captured, disk, origin, progress, ct);
    }

    private Task<ImageRecord> SealAsync(SnapshotWork work, ServerRecord server, CapturePlan plan, CapturedState state, IChangedDisk disk, TaskOrigin origin,
        ITaskProgress progress, CancellationToken ct) =>
        seal.RunAsync(work, plan, disk, origin, SnapshotProperties.AtActivation(server, state.Consistency, state.Frozen), progress, ct);

    private async Task<string> OverlayAsync(ServerRecord server, CancellationToken ct) =>
        Path.Combine(server.Directory, (await servers.DiskLayersAsync(server.Id, ct))[0].Path);

    // The row goes last: until then a crash finds everything that is still to be done.
    private async Task ConcludeAsync(SnapshotWork work, string? failure)
    {
        await LetGoAsync(work, isKept: failure is null);
        await servers.SetTaskStateAsync(work.ServerId, null, CancellationToken.None);
        await servers.RecordActionAsync(work.ServerId, "createImage", work.RequestId, work.UserId, failure, CancellationToken.None);
        await snapshots.DeleteAsync(work.ImageId, CancellationToken.None);
    }

    private async Task LetGoAsync(SnapshotWork work, bool isKept)
    {
        if (await snapshots.FindAsync(work.ImageId, CancellationToken.None) is not { } snapshot
            || await servers.FindAsync(work.ServerId, CancellationToken.None) is not { } server)
            return;
        try
        {
            await captured.LetGoAsync(snapshot, server, isKept, CancellationToken.None);
        }
        catch (Exception failed) when (failed is IOException or QmpException)
        {
            // A guest that ends at this moment takes it along; in any other case the snapshot, or the reason that there is none, is still its user's.
            CaptureLog.NotLetGo(log, failed, work.ServerId, work.ImageId);
        }
    }
}
