using Tintype.DiskFormats;

namespace Tintype.Snapshots.Capture;

/// <summary>Passes a stream on and reports how far it has been read, in steps of ten percent. Asynchronous only.</summary>
internal sealed class MeteredStream(Stream inner, long total, Func<int, CancellationToken, Task> report) : ForwardStream
{
    private const int Step = 10;

    private long _read;
    private int _reported;

    public override long Length => total;

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken);
        _read += count;
        var percent = total == 0 ? 0 : (int)(_read * 100.0 / total) / Step * Step;
        if (percent > _reported)
        {
            _reported = percent;
            await report(percent, cancellationToken);
        }

        return count;
    }
}
