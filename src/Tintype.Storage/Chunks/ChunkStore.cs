using System.Runtime.CompilerServices;

namespace Tintype.Storage.Chunks;

/// <summary>
/// Keeps blobs as manifests over chunks, each of which it stores once, compressed where that pays, and zeros not at all. Two stores lie
/// below it: one of records, a few bytes a blob under the blob's own id, and one of packs. What lies in them is told by docs/chunk-store-format.md.
/// Deleting a blob removes its record; the chunks are the collector's to remove.
/// </summary>
/// <param name="records">Takes the blobs' records.</param>
/// <param name="packs">Takes the packs; nobody else writes to it.</param>
public sealed class ChunkStore(string name, IBlobStore records, IBlobStore packs, IChunkIndex index) : IBlobStore, IRangeReadable
{
    private readonly IRangeReadable _packs = packs as IRangeReadable
        ?? throw new ArgumentException($"The store '{packs.Name}' cannot be read in ranges, and cannot hold packs.", nameof(packs));

    public string Name => name;

    public async Task<IBlobWriter> CreateAsync(Guid id, CancellationToken ct) =>
        new ChunkBlobWriter(await records.CreateAsync(id, ct), new ChunkSession(packs, index));

    public async Task<Stream> OpenReadAsync(Guid id, CancellationToken ct)
    {
        var blob = await FindAsync(id, ct);
        return Open(blob, 0, blob.Length);
    }

    public async Task<Stream> OpenRangeAsync(Guid id, long offset, long length, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var blob = await FindAsync(id, ct);
        return length <= blob.Length - offset ? Open(blob, offset, length) : throw new ArgumentOutOfRangeException(
            nameof(length), length, $"The blob {id} has {blob.Length} bytes; {offset} + {length} are beyond its end.");
    }

    public Task DeleteAsync(Guid id, CancellationToken ct) => records.DeleteAsync(id, ct);

    public async IAsyncEnumerable<StoredBlob> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var record in records.ListAsync(ct))
        {
            if (record.Committed && await TryFindAsync(record.Id, ct) is { } blob)
                yield return record with { Length = blob.Length };
            else if (!record.Committed)
                yield return record;
        }
    }

    private ChunkStream Open(ChunkedBlob blob, long offset, long length) =>
        new(blob.Shape, blob.RootHash, new PackedChunks(_packs, index), offset, length);

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
    private async Task<ChunkedBlob> FindAsync(Guid id, CancellationToken ct)
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
