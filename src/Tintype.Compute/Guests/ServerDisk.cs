using Tintype.Images.Data;
using Tintype.Qemu.Process;

namespace Tintype.Compute.Guests;

/// <summary>A server's disk: its overlay, then the image's data, each with its format said.</summary>
public static class ServerDisk
{
    public static IReadOnlyList<DiskLayer> Layers(string overlay, HeldBlob blob) => [new DiskLayer(overlay, "qcow2"), Base(blob)];

    public static DiskLayer Base(HeldBlob blob) => blob switch
    {
        HeldFile file => new DiskLayer(file.Path, DriverOf(file.DiskFormat)),
        _ => new DiskLayer(StoredExports.NameOf(blob.BlobId), DriverOf(blob.DiskFormat), IsStored: true),
    };

    /// <summary>QEMU's driver for one of Glance's disk formats.</summary>
    public static string DriverOf(string diskFormat) => diskFormat switch
    {
        "qcow2" => "qcow2",
        "vmdk" => "vmdk",
        "vdi" => "vdi",
        "vhdx" => "vhdx",
        "vhd" => "vpc",
        "ploop" => "parallels",
        // raw, iso, and Amazon's ami, aki, ari: the bytes are the disk.
        _ => "raw",
    };
}
