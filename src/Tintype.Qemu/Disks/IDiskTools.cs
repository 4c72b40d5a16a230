using Tintype.Qemu.Process;

namespace Tintype.Qemu.Disks;

/// <summary>
/// New disks, and what QEMU reads of others for us, always with explicit formats, time limits and no privileges.
/// </summary>
public interface IDiskTools
{
    /// <summary>The name of the dirty bitmap that an overlay is made with.</summary>
    const string FirstBitmap = "tintype-0";

    /// <summary>
    /// Makes a qcow2 overlay of <paramref name="virtualSize"/> bytes whose backing file is <paramref name="backing"/>, without
    /// opening that file (its size and format are known), and with a persistent dirty bitmap, <see cref="FirstBitmap"/>: it marks what the guest
    /// has ever written.
    /// </summary>
    /// <exception cref="DiskToolException">It cannot be written.</exception>
    Task CreateOverlayAsync(string path, DiskLayer backing, long virtualSize, CancellationToken ct);

    /// <summary>Makes an empty qcow2 without a backing file.</summary>
    Task CreateEmptyAsync(string path, long virtualSize, CancellationToken ct);

    /// <summary>
    /// Serves a disk chain read-only over NBD on a unix socket to this process alone, and connects to it.
    /// Disposing ends the export's process.
    /// </summary>
    /// <param name="layers">Topmost first; the chain is exactly this, whatever the headers say.</param>
    /// <param name="isolationUid">The user that the exporting process runs as when Tintype is root.</param>
    Task<IDiskReader> OpenAsync(IReadOnlyList<DiskLayer> layers, uint isolationUid, CancellationToken ct);

    /// <summary>
    /// Opens an overlay alone, in the same way: what it holds itself, without the layers below. Nobody writes to it.
    /// </summary>
    /// <param name="bitmap">The name of its bitmap of changes to go by; if it cannot be trusted, or for null, what the overlay holds decides.</param>
    Task<IChangedDisk> OpenOverlayAsync(DiskLayer overlay, string? bitmap, uint isolationUid, CancellationToken ct);
}

/// <summary>Reads a disk's content, whatever format it is stored in.</summary>
public interface IDiskReader : IAsyncDisposable
{
    /// <summary>Bytes.</summary>
    long Length { get; }

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/>.</summary>
    ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct);

    /// <summary>The disk from front to back as runs that are zero throughout and runs that may hold data. Adjacent, ordered, complete.</summary>
    IAsyncEnumerable<DiskExtent> ExtentsAsync(CancellationToken ct);
}

public readonly record struct DiskExtent(long Offset, long Length, bool IsZero);

/// <summary>A disk tool failed; the message is what it said.</summary>
public sealed class DiskToolException(string message, Exception? inner = null) : Exception(message, inner);
