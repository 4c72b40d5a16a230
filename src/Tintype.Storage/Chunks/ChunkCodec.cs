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
    // Level 1: of 64 KiB the higher ones save little more and take a multiple of the time.
    private const int Level = 1;

    /// <summary>Of a chunk that looks random so much is tried, before the rest is.</summary>
    private const int Sample = 8 * 1024;

    private readonly Compressor _compressor = new(Level);
    private readonly Decompressor _decompressor = new();
    private byte[] _compressed = [];

    /// <summary>Compresses a chunk, if that spares a sixteenth or more.</summary>
    /// <param name="compressed">Holds until the next call.</param>
    public bool TryCompress(ReadOnlySpan<byte> chunk, out ReadOnlySpan<byte> compressed)
    {
        if (_compressed.Length < Compressor.GetCompressBound(chunk.Length))
            _compressed = GC.AllocateUninitializedArray<byte>(Compressor.GetCompressBound(chunk.Length));
        var length = Pays(chunk[..Math.Min(Sample, chunk.Length)]);
        if (length is not null && chunk.Length > Sample)
            length = Pays(chunk);
        compressed = _compressed.AsSpan(0, length ?? 0);
        return length is not null;
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

    private int? Pays(ReadOnlySpan<byte> content)
    {
        var length = _compressor.Wrap(content, _compressed);
        return length <= content.Length - (content.Length / 16) ? length : null;
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
