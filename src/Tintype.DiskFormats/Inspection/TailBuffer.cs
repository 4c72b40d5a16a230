namespace Tintype.DiskFormats.Inspection;

/// <summary>The last bytes of a stream that comes in pieces of any size.</summary>
internal sealed class TailBuffer(int limit)
{
    private readonly byte[] _bytes = new byte[limit];
    private int _count;

    /// <summary>The last bytes, fewer than the limit when there were fewer.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(limit - _count);

    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > limit)
            bytes = bytes[^limit..];
        _bytes.AsSpan(bytes.Length).CopyTo(_bytes);
        bytes.CopyTo(_bytes.AsSpan(limit - bytes.Length));
        _count = Math.Min(limit, _count + bytes.Length);
    }
}
