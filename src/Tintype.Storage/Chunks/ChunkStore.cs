using System.Runtime.CompilerServices;
using Tintype.DiskFormats.Qcow2;
using Tintype.Storage.Chunks.Manifests;

namespace Tintype.Storage.Chunks;

/// <summary>
/// Keeps blobs as manifests over chunks, each of which it stores once, compressed where that pays, and zeros not at all. Two stores lie
/// below it: one of records, a few bytes a blob under the blob's own id, and one of packs. What lies in them is told by docs/chunk-store-format.md.
/// Deleting a blob removes its record; the chunks are the collector's to remove.
/// </summary>
/// <param name="records">Takes the blobs' records.</param>
/// <param name="packs">Takes the packs; nobody else writes to it.</param>
public sealed class ChunkStore(string name, IBlobStore records, IBlobStore packs, IChunkIndex index) : IBlobStore, IRangeReadable, IDiskStore, IDeduplicating
{
    private readonly IRangeReadable _packs = packs as IRangeReadable
        ?? throw new ArgumentException($"The store '{packs.Name}' cannot be read in ranges, and cannot hold packs.", nameof(packs));

    private readonly Qcow2Layouts _layouts = new();

    public string Name => name;

    internal IBlobStore Records => records;

    internal IBlobStore Packs => packs;

    internal IChunkIndex Index => index;

    /// <summary>What is being read here.</summary>
    internal OpenRoots OpenRoots { get; } = new();

    public async Task<IBlobWriter> CreateAsync(Guid id, CancellationToken ct)
    {
        var session = await BeginAsync(basis: null, ct);
        try
        {
            return new ChunkBlobWriter(await records.CreateAsync(id, ct), new ContentWriter(session, basis: null));
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    public async Task<IDiskWriter> CreateDiskAsync(Guid id, long length, DiskFileFormat file, Guid? basis, CancellationToken ct)
    {
        if (length < 0 || length % 512 != 0 || length > Qcow2Layout.MaximumVirtualSize)
            throw new ArgumentOutOfRangeException(nameof(length), length, $"A disk consists of sectors of 512 bytes, and has {Qcow2Layout.MaximumVirtualSize} bytes at the most.");
        var from = basis is { } other ? await FindAsync(other, ct) : null;
        var session = await BeginAsync(from?.RootName?.Hash, ct);
        try
        {
            // Deleted before the session was known to need it, it may be garbage by now.
            if (basis is { } still)
                await FindAsync(still, ct);
            var record = await records.CreateAsync(id, ct);
            // One reader takes over names, beside another that copies the bytes between them.
            return new ChunkDiskWriter(length, record, new ContentWriter(session, from is null ? null : OpenContent(from)), from is null ? null : OpenContent(from), async (shape, root, token) =>
                ChunkedBlob.Of(shape, root, file == DiskFileFormat.Qcow2 ? await LayOutAsync(shape, root, token) : null));
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    public async Task<IStoredDisk> OpenDiskAsync(Guid id, CancellationToken ct) => OpenContent(await FindAsync(id, ct));

    public async Task<DiskFileFormat> FileOfAsync(Guid id, CancellationToken ct) => (await FindAsync(id, ct)).IsQcow2 ? DiskFileFormat.Qcow2 : DiskFileFormat.Raw;

    public async Task<Stream> OpenReadAsync(Guid id, CancellationToken ct)
    {
        var blob = await FindAsync(id, ct);
        return await OpenFileAsync(id, blob, 0, blob.FileLength, ct);
    }

    public async Task<Stream> OpenRangeAsync(Guid id, long offset, long length, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var blob = await FindAsync(id, ct);
        return length <= blob.FileLength - offset ? await OpenFileAsync(id, blob, offset, length, ct) : throw new ArgumentOutOfRangeException(
            nameof(length), length, $"The blob {id} has {blob.FileLength} bytes; {offset} + {length} are beyond its end.");
    }

    public Task DeleteAsync(Guid id, CancellationToken ct) => records.DeleteAsync(id, ct);

    public async IAsyncEnumerable<StoredBlob> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var record in records.ListAsync(ct))
        {
            if (await DescribeAsync(record, ct) is { } described)
                yield return described;
        }
    }

    public async Task<StoredSizes> MeasureAsync(Guid id, CancellationToken ct) =>
        await new ChunkMeasure(this, () => ListBlobsAsync(ct)).MeasureAsync(await FindAsync(id, ct), ct);

    private async IAsyncEnumerable<ChunkedBlob> ListBlobsAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var record in records.ListAsync(ct))
        {
            if (record.Committed && await TryFindAsync(record.Id, ct) is { } blob)
                yield return blob;
        }
    }

    /// <summary>A reader for what lies below a root, which stays until the reader is disposed, even if the blob is deleted meanwhile.</summary>
    /// <param name="root">Null for a reader that needs nothing kept.</param>
    internal PackedChunks OpenChunks(ChunkHash? root) => new(_packs, index, root is { } read ? OpenRoots.Hold(read) : null);

    /// <param name="basis">The root of what parts are taken over from.</param>
    internal async Task<ChunkSession> BeginAsync(ChunkHash? basis, CancellationToken ct) => new(packs, index, await index.BeginAsync(basis, ct));

    private ChunkedDisk OpenContent(ChunkedBlob blob) => OpenContent(blob.Shape, blob.RootName);

    private ChunkedDisk OpenContent(ManifestShape shape, ManifestName? root) => new(shape, root, OpenChunks(root?.Hash));

    private async Task<Qcow2Layout> LayOutAsync(ManifestShape shape, ManifestName? root, CancellationToken ct)
    {
        await using var disk = OpenContent(shape, root);
        return await _layouts.GetAsync(disk, root?.Hash, ct);
    }

    private async Task<ChunkStream> OpenFileAsync(Guid id, ChunkedBlob blob, long offset, long length, CancellationToken ct)
    {
        var disk = OpenContent(blob);
        try
        {
            if (!blob.IsQcow2)
                return new ChunkStream(disk.ReadAsync, offset, length, disk);
            var layout = await _layouts.GetAsync(disk, blob.RootName?.Hash, ct);
            if (layout.FileLength != blob.FileLength)
                throw new InvalidDataException($"The blob {id} in the store '{Name}' is a qcow2 of {layout.FileLength} bytes, and its record says {blob.FileLength}.");
            return new ChunkStream(new Qcow2Reader(layout, disk.ReadTableAsync, disk.ReadAsync).ReadAsync, offset, length, disk);
        }
        catch
        {
            await disk.DisposeAsync();
            throw;
        }
    }

    private async Task<StoredBlob?> DescribeAsync(StoredBlob record, CancellationToken ct)
    {
        if (!record.Committed)
            return record;
        try
        {
            return await TryFindAsync(record.Id, ct) is { } blob ? record with { Length = blob.FileLength } : null;
        }
        catch (InvalidDataException)
        {
            // It is here all the same, and nobody who looks for what belongs here shall stop at it; who reads it will be told.
            return record;
        }
    }

    // Deleted since it was listed: then it is nothing of interest.
    private async Task<ChunkedBlob?> TryFindAsync(Guid id, CancellationToken ct)
    {
        try
        {
            return await FindAsync(id, ct);
        }
        catch (BlobNotFoundException)
        {
            return null;
        }
    }

    /// <exception cref="InvalidDataException">The blob's record is damaged.</exception>
    /// <exception cref="BlobNotFoundException">It has no record.</exception>
    internal async Task<ChunkedBlob> FindAsync(Guid id, CancellationToken ct)
    {
        Stream record;
        try
        {
            record = await records.OpenReadAsync(id, ct);
        }
        catch (BlobNotFoundException)
        {
            // In the name that everybody knows.
            throw new BlobNotFoundException(Name, id);
        }

        await using (record)
        {
            var bytes = new byte[ChunkedBlob.MaximumSize];
            var length = await record.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, ct);
            try
            {
                return ChunkedBlob.Decode(bytes.AsSpan(0, length));
            }
            catch (InvalidDataException damaged)
            {
                throw new InvalidDataException($"The record of the blob {id} in the store '{Name}' cannot be used. {damaged.Message}", damaged);
            }
        }
    }
}
