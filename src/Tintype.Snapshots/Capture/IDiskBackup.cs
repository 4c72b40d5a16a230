using Tintype.Qemu.Process;

namespace Tintype.Snapshots.Capture;

/// <summary>
/// A copy of what a running guest's disk holds above its image, as it is at one moment, made by QEMU while the guest goes on.
/// Called in this order: prepare, start, finish; at any point, and after a crash, abandon.
/// </summary>
internal interface IDiskBackup
{
    /// <summary>Makes the empty target. Takes as long as it takes: the guest is not frozen yet.</summary>
    Task PrepareAsync(BackupTarget target, IGuestProcess guest, CancellationToken ct);

    /// <summary>Fixes the point in time. When this returns, whatever the guest writes is no longer part of the copy.</summary>
    Task StartAsync(BackupTarget target, IGuestProcess guest, CancellationToken ct);

    /// <summary>Waits until the copy is complete and durable; QEMU has no more to do with it.</summary>
    Task FinishAsync(BackupTarget target, IGuestProcess guest, CancellationToken ct);

    /// <summary>Ends the copy wherever it is and takes the target away from QEMU; its file stays. No error if there is nothing of it.</summary>
    Task AbandonAsync(BackupTarget target, IGuestProcess guest, CancellationToken ct);
}

/// <summary>Where a copy is made, and what its job and node are called in QEMU: derived from the image, so that a restart finds them again.</summary>
/// <param name="Directory">The guest's own directory, the only one that its QEMU may write to.</param>
internal sealed record BackupTarget(Guid ImageId, string Directory)
{
    /// <summary>Within the directory, in which QEMU runs.</summary>
    public string FileName => $"snapshot-{ImageId}.qcow2";

    public string Job => $"snapshot-{ImageId}";

    // QEMU's node names are at most 31 bytes long.
    public string Node => $"snap-{ImageId:N}"[..26];

    public string FileNode => $"{Node}-file";
}
