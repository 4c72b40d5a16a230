using System.Threading.Channels;
using Tintype.DiskFormats;

namespace Tintype.Storage.Chunks;

/// <summary>Fills the buffer with the bytes of the file from an offset; the range lies within it.</summary>
internal delegate ValueTask FileReader(long offset, Memory<byte> buffer, CancellationToken ct);

/// <summary>
/// Reads a range of a file that is made of chunks front to back, a mebibyte at a time, however few bytes each reader takes. From the
/// second on the next ones are made while the reader is busy with this one: two ahead, so that neither waits for the other at each turn.
/// </summary>
/// <param name="owned">Goes with the stream.</param>
internal sealed class ChunkStream(FileReader file, long offset, long length, IDisposable owned) : ForwardStream
{
    private const int Window = 1 << 20;
    private const int Ahead = 2;

    private readonly CancellationTokenSource _abandoned = new();
    private readonly Channel<byte[]> _free = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly Channel<(byte[] Buffer, int Count)> _ready = Channel.CreateUnbounded<(byte[], int)>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private byte[] _buffer = [];
    private Task? _ahead;
    private long _position;
    private long _bufferStart;
    private int _buffered;

    public override long Length => length;

    public override long Position { get => _position; set => throw new NotSupportedException(); }

    private long End => offset + length;

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
        if (at == offset)
        {
            // Not more than was asked for, as far as anybody knows.
            _buffer = GC.AllocateUninitializedArray<byte>(CountFrom(at));
            _buffered = await ReadAsync(at, _buffer, ct);
        }
        else
        {
            if (_ahead is null)
                BeginAhead(at);
            else if (_buffer.Length > 0)
                _free.Writer.TryWrite(_buffer);
            // Given back once, also if the wait is given up and begun again.
            _buffer = [];
            if (!await _ready.Reader.WaitToReadAsync(ct) || !_ready.Reader.TryRead(out var next))
                throw new EndOfStreamException($"There is nothing at {at}, before the end at {End}.");
            (_buffer, _buffered) = next;
        }

        _bufferStart = at;
    }

    private void BeginAhead(long at)
    {
        // One that the reader has, and those that are ahead of him; of a short range no more than it needs.
        for (long i = 0; i <= Ahead && at + (i * Window) < End; i++)
            _free.Writer.TryWrite(GC.AllocateUninitializedArray<byte>((int)Math.Min(Window, End - at)));
        _ahead = Task.Run(() => ReadAheadAsync(at, _abandoned.Token));
    }

    private async Task ReadAheadAsync(long at, CancellationToken ct)
    {
        try
        {
            while (at < End)
            {
                var buffer = await _free.Reader.ReadAsync(ct);
                var count = await ReadAsync(at, buffer, ct);
                _ready.Writer.TryWrite((buffer, count));
                at += count;
            }

            _ready.Writer.TryComplete();
        }
#pragma warning disable CA1031 // Whoever reads on gets it.
        catch (Exception failed)
#pragma warning restore CA1031
        {
            _ready.Writer.TryComplete(failed);
        }
    }

    private async Task<int> ReadAsync(long at, byte[] buffer, CancellationToken ct)
    {
        var count = CountFrom(at);
        await file(at, buffer.AsMemory(0, count), ct);
        return count;
    }

    // To a multiple of the window, so that all later ones begin with a chunk; and not beyond the range: a small one reads what it needs.
    private int CountFrom(long at) => (int)(Math.Min(End, (at / Window * Window) + Window) - at);
}
