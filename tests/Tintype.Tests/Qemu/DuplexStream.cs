using System.IO.Pipelines;

namespace Tintype.Tests.Qemu;

/// <summary>Two ends of a connection in memory: what one writes, the other reads.</summary>
internal sealed class DuplexStream(PipeReader reader, PipeWriter writer) : Stream
{
    private readonly Stream _in = reader.AsStream();
    private readonly Stream _out = writer.AsStream();

    public static (DuplexStream Here, DuplexStream There) Pair()
    {
        var forth = new Pipe();
        var back = new Pipe();
        return (new DuplexStream(back.Reader, forth.Writer), new DuplexStream(forth.Reader, back.Writer));
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _in.ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await _out.WriteAsync(buffer, cancellationToken);
            await _out.FlushAsync(cancellationToken);
        }
        catch (InvalidOperationException completed)
        {
            // What a pipe says of it; a socket that was closed on this side says this:
            throw new ObjectDisposedException("The stream was disposed of.", completed);
        }
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _in.Dispose();
            _out.Dispose();
        }

        base.Dispose(disposing);
    }
}
