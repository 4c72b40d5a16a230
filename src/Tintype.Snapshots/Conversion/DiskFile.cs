using Tintype.DiskFormats.Qcow2;
using Tintype.Qemu.Disks;

namespace Tintype.Snapshots.Conversion;

/// <summary>A disk that is being read as a file of a format, made on the way: no copy in between, and memory does not grow with the disk.</summary>
internal static class DiskFile
{
    /// <param name="format">raw or qcow2.</param>
    public static async Task<Stream> OpenAsync(IDiskReader disk, string format, CancellationToken ct) =>
        format == "raw" ? new RawDiskStream(disk) : await Qcow2Async(disk, ct);

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
