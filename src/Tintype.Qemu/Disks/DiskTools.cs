using Tintype.Qemu.Nbd.Sockets;
using Tintype.Qemu.Process;

namespace Tintype.Qemu.Disks;

/// <param name="exportsDirectory">Where exports have their directories, one each; emptied of an earlier process's leftovers at first use.</param>
/// <param name="sockets">Gives stored layers; null where there are none.</param>
public sealed class DiskTools(string exportsDirectory, IDiskSockets? sockets = null) : IDiskTools
{
    private readonly Lazy<Task> _swept = new(() => DiskExport.SweepAsync(exportsDirectory, sockets));

    // What lies in a store has no name that a header could hold.
    public Task CreateOverlayAsync(string path, DiskLayer backing, long virtualSize, CancellationToken ct) =>
        NewQcow2.WriteAsync(path, backing.IsStored ? null : backing, virtualSize, IDiskTools.FirstBitmap, ct);

    public Task CreateEmptyAsync(string path, long virtualSize, CancellationToken ct) => NewQcow2.WriteAsync(path, backing: null, virtualSize, bitmap: null, ct);

    public async Task<IDiskReader> OpenAsync(IReadOnlyList<DiskLayer> layers, uint isolationUid, CancellationToken ct)
    {
        await _swept.Value;
        return await DiskExport.StartAsync(exportsDirectory, layers, isolationUid, sockets, ct);
    }

    public async Task<IChangedDisk> OpenOverlayAsync(DiskLayer overlay, string? bitmap, uint isolationUid, CancellationToken ct)
    {
        _ = _swept.Value;
        return await DiskExport.StartOverlayAsync(exportsDirectory, overlay, bitmap, isolationUid, ct);
    }
}
