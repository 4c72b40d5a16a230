namespace Tintype.DiskFormats.Inspection;

/// <summary>Collects one run of bytes after another out of a stream that comes in pieces of any size, front to back.</summary>
internal sealed class ForwardWindow
{
    private byte[] _bytes = [];
    private int _length;
    private int _count;

    /// <summary>How much of the stream has gone by, in bytes.</summary>
    public long Position { get; private set; }

    /// <summary>Where the run begins.</summary>
    public long Offset { get; private set; }

    public bool IsFull => _count == _length;

    /// <summary>What has been collected; the whole run once it is full.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _count);

    /// <summary>Lets go of the last run and waits for the next.</summary>
    /// <returns>False, and nothing is opened, when its beginning has gone by.</returns>
    public bool TryOpen(long offset, int length)
    {
        if (offset < Position)
            return false;
        Offset = offset;
        _length = length;
        _count = 0;
        if (_bytes.Length < length)
            _bytes = new byte[length];
        return true;
    }

    /// <summary>Takes what belongs to the run.</summary>
    /// <returns>How many bytes have gone by: fewer than all when the run is full.</returns>
    public int Take(ReadOnlySpan<byte> bytes)
    {
        var skipped = (int)Math.Min(bytes.Length, Math.Max(0, Offset - Position));
        var taken = Math.Min(bytes.Length - skipped, _length - _count);
        bytes.Slice(skipped, taken).CopyTo(_bytes.AsSpan(_count));
        _count += taken;
        Position += skipped + taken;
        return skipped + taken;
    }
}
