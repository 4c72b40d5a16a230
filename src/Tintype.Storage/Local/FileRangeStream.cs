using Microsoft.Win32.SafeHandles;
using Tintype.DiskFormats;

namespace Tintype.Storage.Local;

/// <summary>A range of a file, read front to back without a buffer of its own. Owns the handle.</summary>
internal sealed class FileRangeStream(SafeFileHandle file, long offset, long length) : ForwardStream
{
    private long _position;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = (int)Math.Min(buffer.Length, length - _position);
        return wanted == 0 ? 0 : Advance(await RandomAccess.ReadAsync(file, buffer[..wanted], offset + _position, cancellationToken));
    }

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, length - _position);
        return wanted == 0 ? 0 : Advance(RandomAccess.Read(file, buffer[..wanted], offset + _position));
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
        base.Dispose(disposing);
    }

    // A blob never shrinks: ending early would pass a truncated image for a whole one.
    private int Advance(int read)
    {
        if (read == 0)
            throw new EndOfStreamException($"The file ended at {offset + _position} where {length - _position} more bytes should be.");
        _position += read;
        return read;
    }
}
