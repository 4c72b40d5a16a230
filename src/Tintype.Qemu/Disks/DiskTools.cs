using Tintype.Qemu.Process;

namespace Tintype.Qemu.Disks;

/// <param name="exportsDirectory">Where exports have their directories, one each; emptied of an earlier process's leftovers at first use.</param>
public sealed class DiskTools(string exportsDirectory) : IDiskTools
{
    private readonly Lazy<bool> _swept = new(() => DiskExport.Sweep(exportsDirectory));

    public Task CreateOverlayAsync(string path, DiskLayer backing, long virtualSize, CancellationToken ct) =>
        QemuImage.CreateAsync(path, backing, virtualSize, ct);

    public Task CreateEmptyAsync(string path, long virtualSize, CancellationToken ct) => QemuImage.CreateAsync(path, null, virtualSize, ct);

    public async Task<IDiskReader> OpenAsync(IReadOnlyList<DiskLayer> layers, uint isolationUid, CancellationToken ct)
    {
        _ = _swept.Value;
        return await DiskExport.StartAsync(exportsDirectory, layers, isolationUid, ct);
    }
}
