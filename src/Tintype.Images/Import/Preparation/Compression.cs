using System.IO.Compression;
using SharpCompress.Compressors.BZip2;
using ZstdSharp;

namespace Tintype.Images.Import.Preparation;

/// <summary>The ways of packing that are unpacked here, each known by how its files begin.</summary>
internal static class Compression
{
    /// <summary>Bytes at the beginning that tell.</summary>
    public const int HeadLength = 6;

    // RFC 1952; the .xz file format, section 2.1.1.1; RFC 8878, section 3.1.1; bzip2's "BZh".
    private static readonly (string Name, byte[] Magic, Func<Stream, Stream> Open)[] _known =
    [
        ("gzip", [0x1f, 0x8b, 0x08], packed => new GZipStream(packed, CompressionMode.Decompress)),
        ("xz", [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0], packed => new XzStream(packed)),
        ("zstd", [0x28, 0xb5, 0x2f, 0xfd], packed => new DecompressionStream(packed)),
        ("bzip2", [(byte)'B', (byte)'Z', (byte)'h'], packed => BZip2Stream.Create(packed, SharpCompress.Compressors.CompressionMode.Decompress, true)),
    ];

    public static string Names { get; } = string.Join(", ", _known.Select(k => k.Name));

    /// <summary>The way in which a file that begins so is packed; null if it is in none that is known.</summary>
    public static string? Find(ReadOnlySpan<byte> head)
    {
        foreach (var known in _known)
        {
            if (head.StartsWith(known.Magic))
                return known.Name;
        }

        return null;
    }

    /// <summary>What is packed. Disposing leaves the packed stream open or closed as the format's reader has it: the caller owns both.</summary>
    public static Stream Open(string name, Stream packed) => _known.First(k => k.Name == name).Open(packed);
}
