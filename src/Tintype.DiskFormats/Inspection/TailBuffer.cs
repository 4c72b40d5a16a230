namespace Tintype.DiskFormats.Inspection;

/// <summary>The last bytes of a stream that comes in pieces of any size.</summary>
internal sealed class TailBuffer(int limit)
{
    // Twice the room, so that small pieces are moved up once in a while instead of each time.
    private readonly byte[] _bytes = new byte[limit * 2];
    private int _end;

    /// <summary>The last bytes, fewer than the limit when there were fewer.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(Math.Max(0, _end - limit).._end);

    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > limit)
            bytes = bytes[^limit..];
        if (_end + bytes.Length > _bytes.Length)
        {
            Bytes.CopyTo(_bytes);
            _end = limit;
        }

        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
    }
}
