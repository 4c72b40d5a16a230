namespace Tintype.Storage;

/// <summary>
/// A place that keeps blobs: immutable runs of bytes under an id that the caller chose. It holds bytes only; what exists is
/// for the database to say. Obligations of every driver, asserted by the contract suite:
/// a blob appears whole or not at all; once <see cref="IBlobWriter.CommitAsync"/> has returned it survives a power cut;
/// reads of a missing blob throw <see cref="BlobNotFoundException"/>; deleting a missing blob is no error;
/// all members may be called from many threads at once.
/// What else a driver can do it says by implementing the capability interfaces of this namespace.
/// </summary>
public interface IBlobStore
{
    /// <summary>The name by which configuration and the database refer to this store.</summary>
    string Name { get; }

    /// <summary>Begins a blob. Nothing is visible under <paramref name="id"/> before the writer commits.</summary>
    /// <exception cref="StorageFullException">There is no room.</exception>
    Task<IBlobWriter> CreateAsync(Guid id, CancellationToken ct);

    /// <summary>Reads the whole blob from its beginning. The caller disposes the stream.</summary>
    /// <exception cref="BlobNotFoundException">No such blob.</exception>
    Task<Stream> OpenReadAsync(Guid id, CancellationToken ct);

    Task DeleteAsync(Guid id, CancellationToken ct);

    /// <summary>Everything in the store, unfinished writes included, in no particular order: the collector's view.</summary>
    IAsyncEnumerable<StoredBlob> ListAsync(CancellationToken ct);
}

/// <summary>One entry of a store's listing.</summary>
/// <param name="Committed">False for what an unfinished or broken-off write has left.</param>
/// <param name="ModifiedAt">When it was last written to.</param>
public sealed record StoredBlob(Guid Id, long Length, DateTimeOffset ModifiedAt, bool Committed);

/// <summary>Writes one blob front to back. Disposing without <see cref="CommitAsync"/> removes what was written.</summary>
public interface IBlobWriter : IAsyncDisposable
{
    /// <summary>Bytes written so far.</summary>
    long Length { get; }

    /// <exception cref="StorageFullException">There is no room for these bytes.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct);

    /// <summary>Makes the blob durable and visible: data sync, rename, directory sync, in this order. Once only.</summary>
    Task CommitAsync(CancellationToken ct);
}

/// <summary>A writer that can record a run of zeros without storing it.</summary>
public interface ISparseWritable
{
    /// <summary>Appends <paramref name="length"/> zero bytes.</summary>
    ValueTask WriteZerosAsync(long length, CancellationToken ct);
}

/// <summary>A store that can read from the middle of a blob.</summary>
public interface IRangeReadable
{
    /// <summary>Reads <paramref name="length"/> bytes from <paramref name="offset"/>; the range lies within the blob.</summary>
    Task<Stream> OpenRangeAsync(Guid id, long offset, long length, CancellationToken ct);
}

/// <summary>A store that others fill, whose blobs lie under URLs and not under ids. It takes no data.</summary>
public interface IUrlReadable
{
    /// <summary>Reads from <paramref name="offset"/>: <paramref name="length"/> bytes or more, unless there are fewer.</summary>
    /// <exception cref="IOException">What lies there cannot be read.</exception>
    Task<Stream> OpenUrlAsync(string url, long offset, long length, CancellationToken ct);

    /// <summary>How many bytes lie under the URL.</summary>
    /// <exception cref="IOException">Nobody says, or nothing lies there.</exception>
    Task<long> MeasureAsync(string url, CancellationToken ct);
}

/// <summary>A store whose blobs are plain files: the kernel may send them and QEMU may open them.</summary>
public interface ILocalFile
{
    /// <exception cref="BlobNotFoundException">No such blob.</exception>
    string PathOf(Guid id);
}

/// <summary>A store that can take a finished file for a blob without copying it.</summary>
public interface IFileAdopting
{
    /// <summary>
    /// Makes the file's content the blob of this id, durably. The file keeps its own name, and must never be written to again.
    /// </summary>
    /// <param name="path">A file whose data is durable.</param>
    /// <returns>False if the file lies where the store cannot take it from: then it has to be written as any other data.</returns>
    Task<bool> TryAdoptAsync(string path, Guid id, CancellationToken ct);
}

/// <summary>The store has no blob of this id.</summary>
public sealed class BlobNotFoundException(string store, Guid id) : IOException($"The store '{store}' has no blob {id}.");

/// <summary>The store cannot take more bytes (a full disk, a quota of the file system).</summary>
public sealed class StorageFullException(string store, Exception? inner = null) : IOException($"The store '{store}' is full.", inner);
