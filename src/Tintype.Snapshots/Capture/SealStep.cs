using Tintype.DiskFormats.Qcow2;
using Tintype.Images.Records;
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
        IReadOnlyDictionary<string, string?> properties, Func<int, CancellationToken, Task> report, CancellationToken ct)
    {
        await using var disk = await disks.OpenAsync(layers, isolationUid, ct);
        await using var file = diskFormat == "raw" ? new RawDiskStream(disk) : await Qcow2Async(disk, ct);
        await using var metered = new MeteredStream(file, file.Length, report);
        return await images.IngestAsync(imageId, diskFormat, "bare", metered, properties, ct);
    }

    private static async Task<Stream> Qcow2Async(IDiskReader disk, CancellationToken ct)
    {
        // The tables stand before the data they point to, so the whole map is needed first; runs are merged, it is small.
        var map = new List<Tintype.DiskFormats.Qcow2.DiskExtent>();
        await foreach (var extent in disk.ExtentsAsync(ct))
        {
            if (map.Count > 0 && map[^1] is var last && last.IsZero == extent.IsZero)
                map[^1] = last with { Length = last.Length + extent.Length };
            else
                map.Add(new(extent.Offset, extent.Length, extent.IsZero));
        }

        return new Qcow2Stream(disk.Length, map, disk.ReadAsync);
    }
}
