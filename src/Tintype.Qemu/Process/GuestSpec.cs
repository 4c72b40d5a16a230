namespace Tintype.Qemu.Process;

/// <summary>How the root disk is attached; <c>hw_disk_bus</c> with <c>hw_scsi_model</c> decides.</summary>
public enum DiskBus
{
    Virtio,
    VirtioScsi,
    LsiLogic,
    Sata,
    Ide,
    Usb,
}

/// <summary>
/// A disk: a chain of files, the topmost first. Every layer's format is explicit and headers are never trusted for the chain.
/// </summary>
/// <param name="Layers">The topmost layer first; only it is written to, unless <paramref name="ReadOnly"/>.</param>
/// <param name="Ephemeral">Writes go to a temporary file that vanishes with the process; no layer is changed.</param>
public sealed record GuestDisk(IReadOnlyList<DiskLayer> Layers, DiskBus Bus, bool ReadOnly = false, bool Ephemeral = false);

/// <param name="Path">A file. Absolute, or relative to the guest's directory.</param>
/// <param name="Format">QEMU's driver name: raw, qcow2, vmdk, vpc, vhdx, vdi.</param>
public sealed record DiskLayer(string Path, string Format);

/// <summary>A network card on QEMU's user network, which reaches neither the host nor other guests.</summary>
/// <param name="Model">QEMU's device: virtio-net-pci, e1000, e1000e, rtl8139, ne2k_pci, pcnet, vmxnet3, igb.</param>
/// <param name="ForwardedSshPort">A port on the host's 127.0.0.1 that leads to the guest's port 22; null for none.</param>
public sealed record GuestNic(string Model, string MacAddress, int? ForwardedSshPort);

/// <summary>Everything that decides a guest's hardware and isolation.</summary>
/// <param name="Directory">The guest's own directory: pid file, sockets, console log, overlay.</param>
/// <param name="ConfigDrive">An ISO 9660 file, or null.</param>
/// <param name="AgentChannel">Whether the guest gets the channel <c>org.qemu.guest_agent.0</c>.</param>
/// <param name="IsolationUid">The user (and group) that QEMU runs as when Tintype is root: one of its own a guest.</param>
public sealed record GuestSpec(
    Guid Id, string Name, string Directory, int MemoryMib, int Vcpus, IReadOnlyList<GuestDisk> Disks, GuestNic? Nic,
    string? ConfigDrive, bool AgentChannel, uint IsolationUid);
