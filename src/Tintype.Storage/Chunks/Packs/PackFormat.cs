using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Tintype.Storage.Chunks.Packs;

/// <summary>
/// The layout of a pack, version 1, as docs/chunk-store-format.md has it; all numbers little-endian:
/// <code>
/// header   "TTPACK", version (2)
/// chunks   back to back, as stored
/// index    an entry a chunk, in their order: hash (32), encoding (1), stored length (4), length (4)
/// footer   SHA-256 of the index (32), entries (4), version (2), "TTPACK"
/// </code>
/// A chunk's place follows from the lengths of those before it.
/// </summary>
internal static class PackFormat
{
    public const int HeaderSize = 8;
    public const int EntrySize = ChunkHash.Size + 1 + 4 + 4;
    public const int FooterSize = ChunkHash.Size + 4 + 2 + 6;

    private const ushort Version = 1;

    private static ReadOnlySpan<byte> Magic => "TTPACK"u8;

    public static void WriteHeader(Span<byte> target)
    {
        Magic.CopyTo(target);
        BinaryPrimitives.WriteUInt16LittleEndian(target[6..], Version);
    }

    /// <summary>The index and the footer.</summary>
    public static byte[] WriteEnd(IReadOnlyList<PackEntry> entries)
    {
        var end = new byte[(entries.Count * EntrySize) + FooterSize];
        var index = end.AsSpan(0, entries.Count * EntrySize);
        for (var i = 0; i < entries.Count; i++)
            WriteEntry(entries[i], index[(i * EntrySize)..]);
        var footer = end.AsSpan(index.Length);
        SHA256.HashData(index, footer);
        BinaryPrimitives.WriteInt32LittleEndian(footer[32..], entries.Count);
        BinaryPrimitives.WriteUInt16LittleEndian(footer[36..], Version);
        Magic.CopyTo(footer[38..]);
        return end;
    }

    /// <returns>How many entries the index has.</returns>
    /// <exception cref="InvalidDataException">It is no pack of a known version, or the pack is shorter than its index.</exception>
    public static int ReadFooter(ReadOnlySpan<byte> footer, long packLength)
    {
        if (!footer[38..44].SequenceEqual(Magic))
            throw new InvalidDataException("It does not end as a pack does.");
        var version = BinaryPrimitives.ReadUInt16LittleEndian(footer[36..]);
        if (version != Version)
            throw new InvalidDataException($"It is a pack of version {version}; this program reads version {Version}.");
        var entries = BinaryPrimitives.ReadUInt32LittleEndian(footer[32..]);
        if (entries > (packLength - HeaderSize - FooterSize) / EntrySize)
            throw new InvalidDataException($"It names {entries} chunks, for which a pack of {packLength} bytes has no room.");
        return (int)entries;
    }

    /// <param name="index">The index of the pack.</param>
    /// <param name="footer">The footer behind it, of which <see cref="ReadFooter"/> has told the number of entries.</param>
    /// <param name="chunkBytes">Bytes between the header and the index.</param>
    /// <exception cref="InvalidDataException">The index is damaged.</exception>
    public static IReadOnlyList<PackEntry> ReadIndex(ReadOnlySpan<byte> index, ReadOnlySpan<byte> footer, long chunkBytes)
    {
        Span<byte> hash = stackalloc byte[ChunkHash.Size];
        SHA256.HashData(index, hash);
        if (!hash.SequenceEqual(footer[..ChunkHash.Size]))
            throw new InvalidDataException("Its index is damaged.");
        var entries = new PackEntry[index.Length / EntrySize];
        var offset = (long)HeaderSize;
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = ReadEntry(index[(i * EntrySize)..], offset);
            offset += entries[i].StoredLength;
        }

        return offset - HeaderSize == chunkBytes ? entries
            : throw new InvalidDataException($"Its index accounts for {offset - HeaderSize} bytes of chunks, and it has {chunkBytes}.");
    }

    private static void WriteEntry(PackEntry entry, Span<byte> target)
    {
        entry.Hash.WriteTo(target);
        target[32] = (byte)entry.Encoding;
        BinaryPrimitives.WriteInt32LittleEndian(target[33..], entry.StoredLength);
        BinaryPrimitives.WriteInt32LittleEndian(target[37..], entry.Length);
    }

    private static PackEntry ReadEntry(ReadOnlySpan<byte> source, long offset)
    {
        var encoding = (ChunkEncoding)source[32];
        var stored = BinaryPrimitives.ReadInt32LittleEndian(source[33..]);
        var length = BinaryPrimitives.ReadInt32LittleEndian(source[37..]);
        return Enum.IsDefined(encoding) && stored >= 0 && length >= 0 ? new PackEntry(new ChunkHash(source), encoding, offset, stored, length)
            : throw new InvalidDataException($"Its index says of the chunk {new ChunkHash(source)} what cannot be.");
    }
}
