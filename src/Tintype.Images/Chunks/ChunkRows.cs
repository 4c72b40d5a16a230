using Tintype.Storage.Chunks;
using Tintype.Storage.Chunks.Packs;

namespace Tintype.Images.Chunks;

/// <summary>Chunks as the database has them.</summary>
internal static class ChunkRows
{
    /// <summary>SQLite takes more, but each number of names is a statement of its own.</summary>
    public const int NamesAtOnce = 32;

    /// <summary>A full pack at once would keep every other writer waiting for half a second.</summary>
    public const int RowsAtOnce = 4096;

    public static byte[] ToBytes(this ChunkHash hash)
    {
        var bytes = new byte[ChunkHash.Size];
        hash.WriteTo(bytes);
        return bytes;
    }

    /// <summary>As many as one question takes.</summary>
    public static IEnumerable<byte[][]> InPieces(this IEnumerable<ChunkHash> hashes, int length = NamesAtOnce) =>
        hashes.Select(ToBytes).Chunk(length);
}

/// <summary>Columns <c>hash, pack_offset, stored_length, length, encoding</c>, and the pack where it is asked for.</summary>
internal sealed class ChunkRow
{
    public const string Columns =
        "c.hash AS Hash, c.pack_offset AS PackOffset, c.stored_length AS StoredLength, c.length AS Length, c.encoding AS Encoding";

    public byte[] Hash { get; init; } = [];
    public string Pack { get; init; } = "";
    public long PackOffset { get; init; }
    public int StoredLength { get; init; }
    public int Length { get; init; }
    public int Encoding { get; init; }

    public PackEntry ToEntry() => new(new ChunkHash(Hash), (ChunkEncoding)Encoding, PackOffset, StoredLength, Length);

    public ChunkPlace ToPlace() => new(Guid.Parse(Pack), ToEntry());
}
