using Microsoft.Extensions.Logging;
using Tintype.Compute.Bases;
using Tintype.Compute.ConfigDrive;
using Tintype.Compute.Guests;
using Tintype.Images.Data;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;
using Tintype.Qemu.Disks;
using Tintype.Qemu.Process;

namespace Tintype.Compute.Servers.Life;

/// <summary>
/// Makes a server of an image.
/// <code>
/// scheduling ─► spawning: hold the image's data ─► directory ─► overlay, cache ─► config drive ─► QEMU ─► ACTIVE
///                   └── whatever fails, or a cancellation: guest, directory and hold are given up, ERROR with the reason as fault
/// </code>
/// After a crash it is run again: the directory is made anew, and the hold is idempotent.
/// </summary>
internal sealed class BuildTask(
    ServerRepository servers, ServerActionRepository actions, ServerOperations operations, MetadataDatabase database, IBlobReferences blobs,
    IDiskTools disks, IGuestLauncher launcher, IGuestHost host, GuestDirectories directories, ConfigDriveWriter configDrives,
    GuestSupervisor guests, ServerBases bases, ILogger<BuildTask> log) : ServerTask(servers, actions, operations)
{
    private const long Gib = 1024L * 1024 * 1024;

    public override string Kind => Build;

    public override int MaxConcurrency => Environment.ProcessorCount;

    public override string? UncancellableBecause => null;

    protected override string Action => "create";

    protected override bool IsOver(Server server) => server.State != VmState.Building;

    protected override async Task<string?> ExecuteAsync(Server server, TaskRecord task, CancellationToken ct)
    {
        if (host.UnavailableBecause is { } why)
            throw Fault.NoValidHost(why);
        await Servers.SetTaskStateAsync(server.Id, TaskStates.Spawning, ct);
        await using var undo = new UndoStack(log);
        var blob = await blobs.HoldAsync(server.Image.Id, GuestSpecs.HolderOf(server.Id), ct)
            ?? throw Fault.Conflict($"Image {server.Image.Id} has no data any more: it was deleted while the server was being made.");
        await KillStaleAsync(server, ct);
        undo.Push("directory of the server", () =>
        {
            directories.Remove(server.Id);
            return Task.CompletedTask;
        });
        directories.Make(server.Id);
        await disks.CreateOverlayAsync(directories.OverlayOf(server.Id), ServerDisk.Base(blob), Math.Max(server.Flavor.Disk * Gib, blob.VirtualSize), ct);
        if (blob is HeldDisk)
            await disks.CreateEmptyAsync(directories.CacheOf(server.Id), blob.VirtualSize, ct);
        if (server.ConfigDrive)
            await configDrives.WriteAsync(server, directories.ConfigDriveOf(server.Id), ct);
        await guests.StartAsync(server, ct);
        undo.Commit();
        await bases.QueueAsync(server, task, ct);
        return null;
    }

    protected override Task FailAsync(Server server, string reason) => database.WriteAsync(async scope =>
    {
        await Servers.MarkBuildFailedAsync(scope, server.Id, reason);
        await blobs.ReleaseAsync(scope, GuestSpecs.HolderOf(server.Id));
    }, CancellationToken.None);

    protected override async Task UndoAsync(Server server)
    {
        await KillStaleAsync(server, CancellationToken.None);
        directories.Remove(server.Id);
    }

    // A guest of an attempt that a crash interrupted.
    private async Task KillStaleAsync(Server server, CancellationToken ct)
    {
        if (await launcher.AttachAsync(directories.Of(server.Id), ct) is not { } stale)
            return;
        await stale.KillAsync(CancellationToken.None);
        await stale.DisposeAsync();
    }
}
