using ZstdSharp;

namespace Tintype.Storage.Chunks;

/// <summary>How a chunk lies in a pack.</summary>
public enum ChunkEncoding : byte
{
    /// <summary>As it is.</summary>
    Plain = 0,

    /// <summary>As one zstd frame (RFC 8878).</summary>
    Zstandard = 1,
}

/// <summary>
/// Turns chunks into what is stored, and back. Holds the compressor's state, some hundred kilobytes, and serves one caller at a time.
/// </summary>
public sealed class ChunkCodec : IDisposable
{
    // Of a root file system level 1 stores a tenth less and takes 1.4 times as long, which uploads would wait for.
    private const int Level = -1;

    // From so many places of a chunk so many bytes are counted.
    private const int Samples = 4;
    private const int SampleLength = 1024;

    // Chi-squared with 255 degrees of freedom: of random bytes one sample in a million has more.
    private const int RandomUpTo = 380;

    private readonly Compressor _compressor = new(Level);
    private readonly Decompressor _decompressor = new();
    private byte[] _compressed = [];

    /// <summary>Compresses a chunk, if that spares a sixteenth or more.</summary>
    /// <param name="compressed">Holds until the next call.</param>
    public bool TryCompress(ReadOnlySpan<byte> chunk, out ReadOnlySpan<byte> compressed)
    {
        if (_compressed.Length < Compressor.GetCompressBound(chunk.Length))
            _compressed = GC.AllocateUninitializedArray<byte>(Compressor.GetCompressBound(chunk.Length));
        compressed = default;
        // To compress only to find that it does not pay takes longer than to hash.
        if (IsLikeRandom(chunk))
            return false;
        var length = _compressor.Wrap(chunk, _compressed);
        compressed = _compressed.AsSpan(0, length);
        return length <= chunk.Length - (chunk.Length / 16);
    }

    /// <summary>Restores a chunk into <paramref name="target"/>, which has its length, and checks it against its name.</summary>
    /// <exception cref="ChunkDamagedException">What is stored is not the chunk.</exception>
    public void Decode(ChunkHash hash, ChunkEncoding encoding, ReadOnlySpan<byte> stored, Span<byte> target)
    {
        if (!TryRestore(encoding, stored, target))
            throw new ChunkDamagedException(hash, "it cannot be unpacked");
        if (ChunkHash.Of(target) is var found && found != hash)
            throw new ChunkDamagedException(hash, $"its content has the hash {found}");
    }

    public void Dispose()
    {
        _compressor.Dispose();
        _decompressor.Dispose();
    }

    // Whether all values of a byte are about as frequent, as in what is encrypted or compressed already.
    private static bool IsLikeRandom(ReadOnlySpan<byte> chunk)
    {
        const int Counted = Samples * SampleLength;
        if (chunk.Length < Counted)
            return false;
        Span<int> counts = stackalloc int[256];
        counts.Clear();
        for (var i = 0; i < Samples; i++)
        {
            foreach (var value in chunk.Slice(i * (chunk.Length / Samples), SampleLength))
                counts[value]++;
        }

        var squares = 0L;
        foreach (var count in counts)
            squares += (long)count * count;
        return (squares * 256 / Counted) - Counted < RandomUpTo;
    }

    private bool TryRestore(ChunkEncoding encoding, ReadOnlySpan<byte> stored, Span<byte> target)
    {
        switch (encoding)
        {
            case ChunkEncoding.Plain when stored.Length == target.Length:
                stored.CopyTo(target);
                return true;
            case ChunkEncoding.Zstandard:
                return TryUnwrap(stored, target);
            default:
                return false;
        }
    }

    private bool TryUnwrap(ReadOnlySpan<byte> stored, Span<byte> target)
    {
        try
        {
            return _decompressor.TryUnwrap(stored, target, out var length) && length == target.Length;
        }
        catch (ZstdException)
        {
            return false;
        }
    }
}

/// <summary>A chunk is not what its name says: the medium, or somebody, has changed it.</summary>
public sealed class ChunkDamagedException(ChunkHash hash, string how) : IOException($"The chunk {hash} is damaged: {how}.")
{
    public ChunkHash Hash { get; } = hash;
}
