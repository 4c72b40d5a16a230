using Tintype.Storage.Chunks.Manifests;

namespace Tintype.Storage.Chunks;

/// <summary>
/// Writes a disk. What is kept of the basis are its names: whole subtrees of its manifest, with the bytes of the chunks at both ends,
/// which it shares with what comes before and after. On commit first the chunks become durable, then the record that refers to them.
/// </summary>
/// <param name="layOut">Lays out the file that the disk is served as, once its content is durable.</param>
/// <param name="basis">That of <paramref name="content"/>, for its bytes; goes with the writer. Null if there is none.</param>
internal sealed class ChunkDiskWriter(
    long length, IBlobWriter record, ContentWriter content, ChunkedDisk? basis, Func<ManifestShape, ManifestName?, CancellationToken, Task<ChunkedBlob>> layOut) : IDiskWriter
{
    private const int ChunkSize = ContentWriter.ChunkSize;

    private readonly ManifestShape _shape = new(length, ChunkSize);
    private readonly byte[] _part = basis is null ? [] : GC.AllocateUninitializedArray<byte>(ChunkSize);
    private bool _committed;

    public long Position => content.Length;

    public long Added => content.Added;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        Check(bytes.Length);
        return content.WriteAsync(bytes, ct);
    }

    public ValueTask WriteZerosAsync(long length, CancellationToken ct)
    {
        Check(length);
        return content.WriteZerosAsync(length, ct);
    }

    public async ValueTask KeepAsync(long length, CancellationToken ct)
    {
        Check(length);
        for (var end = Position + length; Position < end;)
        {
            if (basis is null || Position >= basis.Length)
                await content.WriteZerosAsync(end - Position, ct);
            else if (Position % ChunkSize == 0 && Shared(end) is var shared && shared > Position)
                await content.KeepAsync(shared - Position, ct);
            else
                await CopyAsync(basis, end, ct);
        }
    }

    public async Task<long> CommitAsync(CancellationToken ct)
    {
        if (_committed)
            throw new InvalidOperationException("A disk is committed once.");
        if (Position != _shape.Length)
            throw new InvalidOperationException($"The disk has {_shape.Length} bytes, of which {Position} were written.");
        ct.ThrowIfCancellationRequested();
        _committed = true;
        var root = await content.CompleteAsync(ct);
        var blob = await layOut(_shape, root, ct);
        await record.WriteAsync(blob.Encode(), ct);
        await record.CommitAsync(ct);
        await content.EndAsync(CancellationToken.None);
        return blob.FileLength;
    }

    public async ValueTask DisposeAsync()
    {
        await content.DisposeAsync();
        await record.DisposeAsync();
        if (basis is not null)
            await basis.DisposeAsync();
    }

    // The end of the last chunk, from here to there, that is as long here as in the basis: the last one of either may be shorter.
    private long Shared(long end)
    {
        var whole = Math.Min(end, basis!.Length) / ChunkSize * ChunkSize;
        return end >= _shape.Length && basis.Length == _shape.Length ? _shape.Length : whole;
    }

    // What the chunk here has of the basis.
    private async ValueTask CopyAsync(ChunkedDisk basis, long end, CancellationToken ct)
    {
        var part = _part.AsMemory(0, (int)Math.Min(Math.Min(end, basis.Length) - Position, ChunkSize - (Position % ChunkSize)));
        await basis.ReadAsync(Position, part, ct);
        await content.WriteAsync(part, ct);
    }

    private void Check(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length > _shape.Length - Position)
            throw new InvalidOperationException($"The disk has {_shape.Length} bytes; {length} more from {Position} on are beyond its end.");
    }
}
