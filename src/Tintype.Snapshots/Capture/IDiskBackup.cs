using Tintype.Qemu.Process;

namespace Tintype.Snapshots.Capture;

/// <summary>
/// A copy of what a running guest's disk holds above its image, as it is at one moment, made by QEMU while the guest goes on.
/// Called in this order: prepare, start, finish; at any point, and after a crash, abandon.
/// </summary>
internal interface IDiskBackup
{
    /// <summary>Makes the empty target and gives it to QEMU. Takes as long as it takes: the guest is not frozen yet.</summary>
    Task PrepareAsync(BackupTarget target, IGuestProcess guest, CancellationToken ct);

    /// <summary>Fixes the point in time. When this returns, whatever the guest writes is no longer part of the copy.</summary>
    Task StartAsync(BackupTarget target, IGuestProcess guest, CancellationToken ct);

    /// <summary>Waits until the copy is complete, and takes the target away from QEMU.</summary>
    Task FinishAsync(BackupTarget target, IGuestProcess guest, CancellationToken ct);

    /// <summary>Ends the copy wherever it is and takes the target away from QEMU. No error if there is nothing of it.</summary>
    Task AbandonAsync(BackupTarget target, IGuestProcess guest, CancellationToken ct);
}

/// <summary>Where a copy goes, and what its job and node are called in QEMU: derived from the image, so that a restart finds them again.</summary>
/// <param name="Path">A qcow2 file in the guest's directory.</param>
/// <param name="IsolationUid">The user that QEMU runs as, who must be able to write the file.</param>
internal sealed record BackupTarget(Guid ImageId, string Path, uint IsolationUid)
{
    public string Job => $"snapshot-{ImageId}";

    // QEMU's node names are at most 31 bytes long.
    public string Node => $"snap-{ImageId:N}"[..31];
}
