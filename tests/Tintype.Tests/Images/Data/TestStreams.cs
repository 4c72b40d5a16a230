namespace Tintype.Tests.Images.Data;

/// <summary>Hands its bytes out in pieces, as a socket does, and may break off.</summary>
internal sealed class PiecewiseStream(byte[] bytes, int piece) : ReadOnlyStream
{
    private int _at;

    public int? FailAfter { get; init; }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_at >= FailAfter)
            throw new IOException("The other side has gone.");
        var count = Math.Min(Math.Min(piece, buffer.Length), bytes.Length - _at);
        bytes.AsMemory(_at, count).CopyTo(buffer);
        _at += count;
        return ValueTask.FromResult(count);
    }
}

internal sealed class EndlessZeros(long length) : ReadOnlyStream
{
    private long _at;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var count = (int)Math.Min(buffer.Length, length - _at);
        buffer.Span[..count].Clear();
        _at += count;
        return ValueTask.FromResult(count);
    }
}

internal abstract class ReadOnlyStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public abstract override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
