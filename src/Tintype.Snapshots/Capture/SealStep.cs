using Tintype.Compute.Bases;
using Tintype.Images.Disks;
using Tintype.Images.Records;
using Tintype.Platform;
using Tintype.Platform.Tasks;
using Tintype.Qemu.Disks;

namespace Tintype.Snapshots.Capture;

/// <summary>
/// Makes the image's data of a captured disk: what has changed is read and stored, all else is the basis's. Memory does not grow with the disk, and what it
/// costs is what has changed.
/// </summary>
internal sealed class SealStep(IDiskImages images, IServerBases bases, Bandwidth bandwidth)
{
    public async Task<ImageRecord> RunAsync(SnapshotWork work, CapturePlan plan, IChangedDisk disk, TaskOrigin origin,
        IReadOnlyDictionary<string, string?> properties, ITaskProgress progress, CancellationToken ct)
    {
        await using var made = await images.BeginAsync(work.ImageId, work.DiskFormat, disk.Length, plan.BasisId, ct);
        await DiskCopy.RunAsync(disk, made.Disk, bandwidth, (_, _) =>
        {
            progress.Report(made.Disk.Position, disk.Length);
            return Task.CompletedTask;
        }, ct);
        return await made.ActivateAsync(properties, origin,
            // The bitmap that was begun at the point in time is relative to this very disk, from the moment that there is one.
            (scope, blobId) => plan.Bitmaps is { } bitmaps ? bases.SetCheckpointAsync(scope, work.ServerId, bitmaps.Next, blobId) : Task.CompletedTask, ct);
    }
}
