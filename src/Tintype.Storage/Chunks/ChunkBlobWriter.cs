using Tintype.Storage.Chunks.Manifests;

namespace Tintype.Storage.Chunks;

/// <summary>Writes a blob of plain bytes. On commit first its chunks become durable, then the record that refers to them.</summary>
internal sealed class ChunkBlobWriter(IBlobWriter record, ContentWriter content) : IBlobWriter, ISparseWritable
{
    private bool _committed;

    public long Length => content.Length;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct) => content.WriteAsync(bytes, ct);

    public ValueTask WriteZerosAsync(long length, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return content.WriteZerosAsync(length, ct);
    }

    public async Task CommitAsync(CancellationToken ct)
    {
        if (_committed)
            throw new InvalidOperationException("A blob is committed once.");
        ct.ThrowIfCancellationRequested();
        _committed = true;
        var root = await content.CompleteAsync(ct);
        await record.WriteAsync(ChunkedBlob.Of(new ManifestShape(Length, ContentWriter.ChunkSize), root, layout: null).Encode(), ct);
        await record.CommitAsync(ct);
        await content.EndAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await content.DisposeAsync();
        await record.DisposeAsync();
    }
}
