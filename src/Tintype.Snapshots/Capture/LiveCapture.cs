using Microsoft.Extensions.Logging;
using Tintype.Compute.Bases;
using Tintype.Compute.Servers;
using Tintype.Platform.Http;
using Tintype.Qemu.Process;
using Tintype.Snapshots.Preflight;

namespace Tintype.Snapshots.Capture;

/// <summary>
/// Fixes the point in time of a running guest's disk. All that is slow lies outside the frozen window: the basis, the fleece and the watchdog before it,
/// reading after it. What it has decided is in the database before the guest is touched, so that whoever ends or abandons it knows.
/// </summary>
internal sealed class LiveCapture(IDiskFleece fleece, FreezeWindow window, IServerBases bases, SnapshotRepository snapshots, ILogger<LiveCapture> log)
{
    /// <param name="overlay">The disk's topmost layer: what is copied.</param>
    public async Task<CapturePlan> RunAsync(
        ServerRecord server, IGuestProcess guest, string overlay, FleeceTarget target, bool quiesceRequired, CancellationToken ct)
    {
        RequireRoom(overlay, target);
        CapturePlan? plan = null;
        var frozen = await window.RunAsync(server.Id, guest, quiesceRequired,
            async inner => plan = await PrepareAsync(server, guest, target, inner),
            inner => fleece.StartAsync(target, plan!.Bitmaps!, guest, inner), ct);
        if (frozen is { } time)
            CaptureLog.Frozen(log, server.Id, (long)time.TotalMilliseconds);
        var captured = new CapturedState(frozen is null ? Consistency.Crash : Consistency.Filesystem, frozen);
        await snapshots.SetCapturedAsync(target.ImageId, captured, ct);
        return plan! with { Captured = captured };
    }

    private async Task<CapturePlan> PrepareAsync(ServerRecord server, IGuestProcess guest, FleeceTarget target, CancellationToken ct)
    {
        if (await bases.FindCheckpointAsync(server.Id, ct) is not { } checkpoint)
        {
            await bases.EnsureAsync(server.Id, ct);
            checkpoint = await bases.FindCheckpointAsync(server.Id, ct);
        }

        var bitmaps = await fleece.PrepareAsync(target, checkpoint, guest, ct);
        var basis = bitmaps.Frozen is null ? await bases.EnsureAsync(server.Id, ct) : checkpoint!.DiskId;
        await snapshots.SetPlanAsync(target.ImageId, basis, bitmaps, ct);
        return new CapturePlan(basis, bitmaps, Captured: null);
    }

    // QEMU copies old clusters to the fleece before it lets the guest overwrite them: one that fills up fails the guest's own writes.
    private static void RequireRoom(string overlay, FleeceTarget target)
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

        public static Fault GuestEndedMeanwhile(Guid serverId) => Fault.Conflict(
            $"The guest of instance {serverId} ended while its snapshot was being taken, and with it went the moment that the snapshot was to have. Take it again.");
    }
}
