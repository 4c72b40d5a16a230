using Tintype.Compute.Servers;
using Tintype.Images.Import.Preparation;
using Tintype.Platform.Http;
using Tintype.Qemu.Disks;
using Tintype.Qemu.Process;

namespace Tintype.Snapshots.Conversion;

/// <summary>Converts images with QEMU's readers, in a process that is confined as a guest is, and with our own writers.</summary>
internal sealed class ImageConversion(IDiskTools disks, IGuestHost host) : IImageConversion
{
    public async Task<Stream> OpenAsync(string path, string format, string target, CancellationToken ct)
    {
        var lease = host.LeaseIsolation();
        IDiskReader? disk = null;
        try
        {
            disk = await disks.OpenAsync([new DiskLayer(path, Driver(format))], lease.Uid, ct);
            return new OwnedStream(await DiskFile.OpenAsync(disk, target, ct), disk, lease);
        }
        catch (Exception failed)
        {
            if (disk is not null)
                await disk.DisposeAsync();
            lease.Dispose();
            if (failed is DiskToolException refused)
                throw new Fault(FaultKind.BadRequest, $"The data cannot be converted from {format} to {target}: {refused.Message}", refused);
            throw;
        }
    }

    /// <summary>QEMU's name of a format that the Images API calls otherwise.</summary>
    private static string Driver(string format) => format == "vhd" ? "vpc" : format;
}
