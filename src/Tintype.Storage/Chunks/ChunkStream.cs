using Tintype.DiskFormats;

namespace Tintype.Storage.Chunks;

/// <summary>Fills the buffer with the bytes of the file from an offset; the range lies within it.</summary>
internal delegate ValueTask FileReader(long offset, Memory<byte> buffer, CancellationToken ct);

/// <summary>
/// Reads a range of a file that is made of chunks front to back, a mebibyte at a time, however few bytes each reader takes. From the
/// second on the next one is made while the reader is busy with this one.
/// </summary>
/// <param name="owned">Goes with the stream.</param>
internal sealed class ChunkStream(FileReader file, long offset, long length, IDisposable owned) : ForwardStream
{
    private const int Window = 1 << 20;

    private readonly CancellationTokenSource _abandoned = new();
    private byte[] _buffer = [];
    private byte[] _spare = [];
    private Task<int>? _ahead;
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
        if (disposing && !_abandoned.IsCancellationRequested)
        {
            _abandoned.Cancel();
            // What reads ahead uses what goes with the stream.
            if (_ahead is { IsCompleted: false } ahead)
                ahead.ContinueWith((_, state) => ((IDisposable)state!).Dispose(), owned, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            else
                owned.Dispose();
            _abandoned.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task FillAsync(long at, CancellationToken ct)
    {
        _buffered = 0;
        int count;
        if (_ahead is { } ahead)
        {
            count = await ahead.WaitAsync(ct);
            _ahead = null;
            (_buffer, _spare) = (_spare, _buffer);
        }
        else
        {
            _buffer = Room(_buffer, CountFrom(at));
            count = await ReadAsync(at, _buffer, ct);
        }

        var isFirst = at == offset;
        _bufferStart = at;
        _buffered = count;
        var next = at + count;
        if (isFirst || next == offset + length)
            return;
        _spare = Room(_spare, CountFrom(next));
        _ahead = Task.Run(() => ReadAsync(next, _spare, _abandoned.Token));
    }

    private async Task<int> ReadAsync(long at, byte[] buffer, CancellationToken ct)
    {
        var count = CountFrom(at);
        await file(at, buffer.AsMemory(0, count), ct);
        return count;
    }

    // To a multiple of the window, so that all later ones begin with a chunk; and not beyond the range: a small one reads what it needs.
    private int CountFrom(long at) => (int)(Math.Min(offset + length, (at / Window * Window) + Window) - at);

    private static byte[] Room(byte[] buffer, int count) => buffer.Length >= count ? buffer : GC.AllocateUninitializedArray<byte>(count);
}
