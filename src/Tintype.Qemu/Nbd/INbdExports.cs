using Tintype.Qemu.Disks;

namespace Tintype.Qemu.Nbd;

/// <summary>The disks that <see cref="NbdServer"/> has to give.</summary>
public interface INbdExports
{
    /// <summary>Opens the disk of that name. Null if there is none.</summary>
    /// <exception cref="IOException">There is one, and it cannot be read.</exception>
    Task<INbdExport?> OpenAsync(string name, CancellationToken ct);
}

/// <summary>A disk that does not change. Serves one caller at a time; where requests come side by side, it is opened several times.</summary>
public interface INbdExport : IAsyncDisposable
{
    /// <summary>Bytes.</summary>
    long Length { get; }

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/>.</summary>
    /// <exception cref="IOException">The disk cannot be read there.</exception>
    ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct);

    /// <summary>The range as runs that are zeros throughout and runs that may hold data: adjacent, ordered, complete. Reads no data.</summary>
    IAsyncEnumerable<DiskExtent> ExtentsAsync(long offset, long length, CancellationToken ct);
}
