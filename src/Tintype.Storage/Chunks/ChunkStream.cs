using Tintype.DiskFormats;
using Tintype.Storage.Chunks.Manifests;

namespace Tintype.Storage.Chunks;

/// <summary>Reads a range of a chunked blob front to back, a mebibyte of chunks at a time; each is checked before a byte of it is given out.</summary>
internal sealed class ChunkStream : ForwardStream
{
    private const int Window = 16;

    private readonly PackedChunks _chunks;
    private readonly ManifestTree _manifest;
    private readonly long _offset;
    private readonly byte[] _buffer;
    private long _position;
    private long _bufferStart;
    private int _buffered;

    public ChunkStream(ManifestShape shape, ChunkHash? root, PackedChunks chunks, long offset, long length)
    {
        _chunks = chunks;
        _manifest = new ManifestTree(shape, root, chunks);
        _offset = offset;
        _buffer = GC.AllocateUninitializedArray<byte>(Window * shape.ChunkSize);
        Length = length;
    }

    public override long Length { get; }

    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position == Length || buffer.IsEmpty)
            return 0;
        var at = _offset + _position;
        if (at >= _bufferStart + _buffered || _buffered == 0)
            await FillAsync(at, cancellationToken);
        var within = (int)(at - _bufferStart);
        var count = (int)Math.Min(Math.Min(buffer.Length, _buffered - within), Length - _position);
        _buffer.AsSpan(within, count).CopyTo(buffer.Span);
        _position += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _chunks.Dispose();
        base.Dispose(disposing);
    }

    private async Task FillAsync(long at, CancellationToken ct)
    {
        var shape = _manifest.Shape;
        var first = at / shape.ChunkSize;
        // Not beyond the range: a small one reads what it needs.
        var last = Math.Min((_offset + Length - 1) / shape.ChunkSize, first + Window - 1);
        var wanted = new List<(ChunkHash Hash, Memory<byte> Target)>(Window);
        _buffered = 0;
        await foreach (var run in _manifest.RunsAsync(first, last - first + 1, ct))
        {
            var start = (int)((run.First - first) * shape.ChunkSize);
            var length = (int)(Math.Min((run.First + run.Count) * shape.ChunkSize, shape.Length) - (run.First * shape.ChunkSize));
            if (run.Name is { } hash)
                wanted.Add((hash, _buffer.AsMemory(start, length)));
            else
                _buffer.AsSpan(start, length).Clear();
        }

        if (wanted.Count > 0)
            await _chunks.ReadAsync(wanted, ct);
        _bufferStart = first * shape.ChunkSize;
        _buffered = (int)(Math.Min((last + 1) * shape.ChunkSize, shape.Length) - _bufferStart);
    }
}
