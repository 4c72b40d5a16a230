namespace Tintype.Storage;

/// <summary>
/// A store that keeps disks by what a guest sees on them, and serves each as a file: what reads the blob reads that file, made on the
/// way, the same bytes at any time; what needs the disk itself opens it. Asserted by the contract suite.
/// </summary>
public interface IDiskStore
{
    /// <summary>Begins a disk. Nothing is visible under <paramref name="id"/> before the writer commits.</summary>
    /// <param name="length">Bytes of the disk; a multiple of 512.</param>
    /// <param name="file">What the blob is read as.</param>
    /// <param name="basis">A disk of this store, from which parts can be taken over without reading them; null if there is none.</param>
    /// <exception cref="BlobNotFoundException">No such disk to take from.</exception>
    /// <exception cref="StorageFullException">There is no room.</exception>
    Task<IDiskWriter> CreateDiskAsync(Guid id, long length, DiskFileFormat file, Guid? basis, CancellationToken ct);

    /// <summary>Opens the content of a disk. A blob that was written as plain bytes is a disk of these bytes.</summary>
    /// <exception cref="BlobNotFoundException">No such blob.</exception>
    Task<IStoredDisk> OpenDiskAsync(Guid id, CancellationToken ct);

    /// <summary>What the blob is read as. Raw where that is the content itself, as it is of what was written as plain bytes, whatever format these have.</summary>
    /// <exception cref="BlobNotFoundException">No such blob.</exception>
    Task<DiskFileFormat> FileOfAsync(Guid id, CancellationToken ct);
}

/// <summary>The file that a disk is served as.</summary>
public enum DiskFileFormat
{
    Raw,
    Qcow2,
}

/// <summary>
/// Writes one disk front to back, in pieces of any length, that together are as long as the disk. Disposing without
/// <see cref="CommitAsync"/> leaves nothing.
/// </summary>
public interface IDiskWriter : IAsyncDisposable
{
    /// <summary>Bytes of the disk so far.</summary>
    long Position { get; }

    /// <summary>Bytes that the store has grown by: what was not in it yet, as it is stored.</summary>
    long Added { get; }

    /// <exception cref="StorageFullException">There is no room for these bytes.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct);

    ValueTask WriteZerosAsync(long length, CancellationToken ct);

    /// <summary>The next <paramref name="length"/> bytes are what the base has at the same place; beyond its end, or without a base, zeros.
    /// Costs what is at its two ends, however long it is.</summary>
    ValueTask KeepAsync(long length, CancellationToken ct);

    /// <summary>Makes the disk durable and visible. Once only.</summary>
    /// <returns>Bytes of the file that it is served as.</returns>
    Task<long> CommitAsync(CancellationToken ct);
}

/// <summary>The content of a stored disk. Serves one caller at a time.</summary>
public interface IStoredDisk : IAsyncDisposable
{
    /// <summary>Bytes.</summary>
    long Length { get; }

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/>; what is returned has been checked.</summary>
    /// <exception cref="IOException">The disk cannot be read, or is not what was written.</exception>
    ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct);

    /// <summary>The range as runs that are zeros throughout and runs that may hold data: adjacent, ordered, complete. Reads no data.</summary>
    IAsyncEnumerable<StoredExtent> ExtentsAsync(long offset, long length, CancellationToken ct);
}

public readonly record struct StoredExtent(long Offset, long Length, bool IsZero);
