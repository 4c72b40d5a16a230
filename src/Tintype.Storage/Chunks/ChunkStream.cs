using Tintype.DiskFormats;

namespace Tintype.Storage.Chunks;

/// <summary>Fills the buffer with the bytes of the file from an offset; the range lies within it.</summary>
internal delegate ValueTask FileReader(long offset, Memory<byte> buffer, CancellationToken ct);

/// <summary>Reads a range of a file that is made of chunks front to back, a mebibyte at a time, however few bytes each reader takes.</summary>
/// <param name="owned">Goes with the stream.</param>
internal sealed class ChunkStream(FileReader file, long offset, long length, IDisposable owned) : ForwardStream
{
    private const int Window = 1 << 20;

    private byte[] _buffer = [];
    private long _position;
    private long _bufferStart;
    private int _buffered;

    public override long Length => length;

    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position == length || buffer.IsEmpty)
            return 0;
        var at = offset + _position;
        if (at >= _bufferStart + _buffered || _buffered == 0)
            await FillAsync(at, cancellationToken);
        var within = (int)(at - _bufferStart);
        var count = Math.Min(buffer.Length, _buffered - within);
        _buffer.AsSpan(within, count).CopyTo(buffer.Span);
        _position += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            owned.Dispose();
        base.Dispose(disposing);
    }

    private async Task FillAsync(long at, CancellationToken ct)
    {
        // To a multiple of the window, so that all later ones begin with a chunk; and not beyond the range: a small one reads what it needs.
        var count = (int)(Math.Min(offset + length, (at / Window * Window) + Window) - at);
        if (_buffer.Length < count)
            _buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(length, Window));
        _buffered = 0;
        await file(at, _buffer.AsMemory(0, count), ct);
        _bufferStart = at;
        _buffered = count;
    }
}
