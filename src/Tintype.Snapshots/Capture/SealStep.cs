using Tintype.Images.Data;
using Tintype.Images.Records;
using Tintype.Platform.Tasks;
using Tintype.Qemu.Disks;
using Tintype.Qemu.Process;

namespace Tintype.Snapshots.Capture;

/// <summary>
/// Makes the image's data from a captured chain: read through NBD, put into the image's format on the way, and taken in as an upload is. There is
/// no flat copy in between, and memory does not grow with the disk.
/// </summary>
internal sealed class SealStep(IDiskTools disks, ISystemImages images)
{
    /// <param name="layers">The captured disk, topmost first. Nobody writes to any of it.</param>
    public async Task<ImageRecord> RunAsync(Guid imageId, IReadOnlyList<DiskLayer> layers, uint isolationUid, string diskFormat,
        IReadOnlyDictionary<string, string?> properties, ITaskProgress progress, CancellationToken ct)
    {
        await using var disk = await disks.OpenAsync(layers, isolationUid, ct);
        await using var file = await DiskFile.OpenAsync(disk, diskFormat, ct);
        await using var metered = new CountedStream(file, file.Length, progress);
        return await images.IngestAsync(imageId, diskFormat, "bare", metered, properties, ct);
    }
}
