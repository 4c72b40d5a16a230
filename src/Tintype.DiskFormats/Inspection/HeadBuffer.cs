namespace Tintype.DiskFormats.Inspection;

/// <summary>The first bytes of a stream that comes in pieces of any size, up to a limit that may be raised while none was passed over.</summary>
internal sealed class HeadBuffer(int limit)
{
    private byte[] _bytes = [];
    private int _count;

    /// <summary>How many bytes to keep.</summary>
    public int Limit { get; set; } = limit;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _count);

    /// <summary>Keeps what is still wanted of <paramref name="bytes"/>.</summary>
    /// <returns>How many bytes were kept.</returns>
    public int Take(ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(bytes.Length, Limit - _count);
        if (taken <= 0)
            return 0;
        if (_count + taken > _bytes.Length)
            Array.Resize(ref _bytes, Math.Min(Limit, Math.Max(_count + taken, _bytes.Length * 2)));
        bytes[..taken].CopyTo(_bytes.AsSpan(_count));
        _count += taken;
        return taken;
    }
}
