using Tintype.Compute.Bases;
using Tintype.Qemu.Disks;
using Tintype.Qemu.Process;

namespace Tintype.Snapshots.Capture;

/// <summary>
/// A running guest's disk as it was at one moment, kept by the guest's own QEMU while the guest goes on, and read from it meanwhile.
/// Called in this order: prepare, start, open, end; instead of the end, and after a crash, abandon. Both may be repeated.
/// </summary>
internal interface IDiskFleece
{
    /// <summary>Makes what takes time, while the guest is not frozen yet.</summary>
    /// <param name="checkpoint">What is known of the disk's newest bitmap; null for nothing.</param>
    Task<FleeceBitmaps> PrepareAsync(FleeceTarget target, ServerCheckpoint? checkpoint, IGuestProcess guest, CancellationToken ct);

    /// <summary>Fixes the point in time. When this returns, whatever the guest writes is no longer part of what is read, and is noted in the next bitmap.</summary>
    Task StartAsync(FleeceTarget target, FleeceBitmaps bitmaps, IGuestProcess guest, CancellationToken ct);

    /// <summary>Whether a point in time is still held.</summary>
    Task<bool> IsHeldAsync(FleeceTarget target, IGuestProcess guest, CancellationToken ct);

    /// <summary>Opens the disk as it was.</summary>
    Task<IChangedDisk> OpenAsync(FleeceTarget target, FleeceBitmaps bitmaps, IGuestProcess guest, CancellationToken ct);

    /// <summary>Lets the point in time go, and keeps of the bitmaps only the next one.</summary>
    Task EndAsync(FleeceTarget target, FleeceBitmaps bitmaps, IGuestProcess guest, CancellationToken ct);

    /// <summary>Lets go of whatever there is of it. The bitmaps are as if it had never been: the frozen one records again, and knows what came since.</summary>
    /// <param name="bitmaps">Null if it had not come to them.</param>
    Task AbandonAsync(FleeceTarget target, FleeceBitmaps? bitmaps, IGuestProcess guest, CancellationToken ct);
}

/// <param name="Frozen">What the disk has changed by since the basis; null if there is no bitmap that can be trusted.</param>
/// <param name="Next">Begins at the point in time.</param>
internal sealed record FleeceBitmaps(string? Frozen, string Next);

/// <summary>Where the moment's overwritten content goes, and what its job and nodes are called in QEMU: derived from the image, so that a restart finds them again.</summary>
/// <param name="Directory">The guest's own directory, the only one that its QEMU may write to.</param>
internal sealed record FleeceTarget(Guid ImageId, string Directory)
{
    /// <summary>Within the directory, in which QEMU runs.</summary>
    public string FileName => $"snapshot-{ImageId}.qcow2";

    /// <summary>Where QEMU serves the disk. Within the directory too.</summary>
    public string SocketName => $"snapshot-{ImageId}.sock";

    public string Job => $"snapshot-{ImageId}";

    // QEMU's node names are at most 31 bytes long.
    public string Node => $"snap-{ImageId:N}"[..26];

    public string FileNode => $"{Node}-file";

    /// <summary>Removes what lies in the directory. No error if there is nothing.</summary>
    public void DeleteFiles()
    {
        if (!System.IO.Directory.Exists(Directory))
            return;
        File.Delete(Path.Combine(Directory, FileName));
        File.Delete(Path.Combine(Directory, SocketName));
    }
}
