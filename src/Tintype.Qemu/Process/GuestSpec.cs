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
/// A disk: a chain of layers, the topmost first. Every layer's format is explicit and headers are never trusted for the chain.
/// </summary>
/// <param name="Layers">The topmost layer first; it alone is the guest's to write to, unless <paramref name="ReadOnly"/>. One in the middle that lies
/// on a stored one is its cache: what is read through it stays in it.</param>
/// <param name="Ephemeral">Writes go to a temporary file that vanishes with the process; no layer is changed.</param>
public sealed record GuestDisk(IReadOnlyList<DiskLayer> Layers, DiskBus Bus, bool ReadOnly = false, bool Ephemeral = false)
{
    /// <summary>Whether the layer keeps what is read from the stored one below it, apart from what the guest writes.</summary>
    public bool IsCache(int depth) => IsWritable && IsCache(Layers, depth);

    /// <summary>Whether QEMU writes to the layer.</summary>
    public bool IsWritten(int depth) => IsWritable && (depth == 0 || IsCache(depth));

    private bool IsWritable => !ReadOnly && !Ephemeral;

    internal static bool IsCache(IReadOnlyList<DiskLayer> layers, int depth) =>
        depth > 0 && depth + 1 < layers.Count && layers[depth + 1].IsStored && !layers[depth].IsStored;
}

/// <param name="Path">A file, absolute or relative to the guest's directory; of a stored layer, the export's name.</param>
/// <param name="Format">QEMU's driver name: raw, qcow2, vmdk, vpc, vhdx, vdi.</param>
/// <param name="IsStored">Whether the layer is no file, but read as it is needed from this process, at a socket in the guest's directory.</param>
public sealed record DiskLayer(string Path, string Format, bool IsStored = false)
{
    /// <summary>The same layer for one who is somewhere else than in <paramref name="directory"/>.</summary>
    public DiskLayer SeenFrom(string directory) => IsStored ? this : this with { Path = System.IO.Path.Combine(directory, Path) };
}

/// <summary>A network card on QEMU's user network, which reaches neither the host nor other guests.</summary>
/// <param name="Model">QEMU's device: virtio-net-pci, e1000, e1000e, rtl8139, ne2k_pci, pcnet, vmxnet3, igb.</param>
/// <param name="ForwardedSshPort">A port on the host's 127.0.0.1 that leads to the guest's port 22; null for none.</param>
public sealed record GuestNic(string Model, string MacAddress, int? ForwardedSshPort);

/// <summary>Everything that decides a guest's hardware and isolation.</summary>
/// <param name="Directory">The guest's own directory: pid file, sockets, console log, overlay.</param>
/// <param name="ConfigDrive">An ISO 9660 file, or null.</param>
/// <param name="AgentChannel">Whether the guest gets the channel <c>org.qemu.guest_agent.0</c>.</param>
/// <param name="IsolationUid">The user (and group) that QEMU runs as when Tintype is root: one of its own a guest.</param>
/// <param name="OutagePatience">Seconds for which reads of a stored layer wait while nobody serves it; after them the guest is stopped, until
/// somebody does. It never sees an error.</param>
public sealed record GuestSpec(
    Guid Id, string Name, string Directory, int MemoryMib, int Vcpus, IReadOnlyList<GuestDisk> Disks, GuestNic? Nic,
    string? ConfigDrive, bool AgentChannel, uint IsolationUid, int OutagePatience = 60)
{
    /// <summary>The names of what its disks read from this process.</summary>
    public IReadOnlyList<string> StoredLayers => [.. Disks.SelectMany(disk => disk.Layers).Where(layer => layer.IsStored).Select(layer => layer.Path).Distinct()];
}
