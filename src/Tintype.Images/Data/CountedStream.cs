using Tintype.DiskFormats;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Data;

/// <summary>Passes a stream on and tells a task's progress how far it has been read. Asynchronous only.</summary>
/// <param name="total">Bytes that it has; null if nobody knows.</param>
/// <param name="progress">Null if nobody waits for it.</param>
public sealed class CountedStream(Stream inner, long? total, ITaskProgress? progress) : ForwardStream
{
    private long _read;

    public override long Length => total ?? throw new NotSupportedException();

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken);
        _read += count;
        progress?.Report(_read, total);
        return count;
    }
}
