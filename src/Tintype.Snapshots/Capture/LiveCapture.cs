using Microsoft.Extensions.Logging;
using Tintype.Compute.Servers;
using Tintype.Platform;
using Tintype.Platform.Http;
using Tintype.Qemu.Process;
using Tintype.Snapshots.Preflight;

namespace Tintype.Snapshots.Capture;

/// <summary>
/// Captures the disk of a running guest. All that is slow lies outside the frozen window: making the target before it, copying after it.
/// However it ends, the guest is left without the job, the node and the freeze; a failure leaves no file either.
/// </summary>
internal sealed class LiveCapture(IDiskBackup backup, FreezeWindow window, CapturedFiles files, ILogger<LiveCapture> log)
{
    /// <param name="overlay">The disk's topmost layer: what is copied.</param>
    public async Task<CapturedState> RunAsync(
        ServerRecord server, IGuestProcess guest, string overlay, BackupTarget target, bool quiesceRequired, CancellationToken ct)
    {
        RequireRoom(overlay, target);
        await using var undo = new UndoStack(log);
        undo.Push("making a copy's file", () =>
        {
            files.Delete(target);
            return Task.CompletedTask;
        });
        undo.Push("copying the disk of a running guest", () => backup.AbandonAsync(target, guest, CancellationToken.None));
        await backup.PrepareAsync(target, guest, ct);
        var frozen = await window.RunAsync(server.Id, guest, quiesceRequired, inner => backup.StartAsync(target, guest, inner), ct);
        if (frozen is { } time)
            CaptureLog.Frozen(log, server.Id, (long)time.TotalMilliseconds);
        await backup.FinishAsync(target, guest, ct);
        files.Take(target);
        undo.Commit();
        return new CapturedState(frozen is null ? Consistency.Crash : Consistency.Filesystem, frozen);
    }

    // QEMU copies old clusters to the target before it lets the guest overwrite them: a target that fills up fails the guest's own writes.
    private static void RequireRoom(string overlay, BackupTarget target)
    {
        var needed = new FileInfo(overlay).Length;
        var free = new DriveInfo(target.Directory).AvailableFreeSpace;
        if (free < needed)
            throw Fault.NoRoomToCapture(needed, free);
    }
}

internal static class CaptureFaults
{
    extension(Fault)
    {
        public static Fault NoRoomToCapture(long needed, long free) => Fault.Conflict(
            $"The snapshot needs up to {needed} bytes beside the server's disk while it is taken, and {free} are free there. Make room, or stop the server and take the snapshot then.");

        public static Fault ServerHasGone(Guid serverId) => Fault.NotFound($"Instance {serverId} was deleted while its snapshot was being taken.");

        public static Fault SnapshotWasDeleted(Guid imageId) => Fault.NotFound($"Image {imageId} was deleted while it was being made.");
    }
}
