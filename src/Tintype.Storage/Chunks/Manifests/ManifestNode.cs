using System.Buffers.Binary;

namespace Tintype.Storage.Chunks.Manifests;

/// <summary>
/// A node of a manifest: the names below it, null for what is all zeros. As bytes, version 1 (docs/chunk-store-format.md), numbers
/// little-endian:
/// <code>
/// level (1), names (2), then until all names are accounted for
///     0, run (2)                 so many in a row are zeros; as many as there are
///     1, hash (32)               a chunk; in a node of level 0
///     1, hash (32), chunks (8)   a node of the level below, and how many chunks that are not zeros it stands for; in any other
/// </code>
/// One content has one encoding, so that its hash tells whether two nodes are equal. A node of zeros only does not exist.
/// </summary>
internal sealed class ManifestNode
{
    private const byte Zeros = 0;
    private const byte Name = 1;
    private const int HeaderSize = 3;
    private const int RunSize = 1 + 2;

    /// <summary>Bytes that a node may take.</summary>
    public const int MaximumSize = HeaderSize + (ManifestShape.FanOut * (1 + ChunkHash.Size + sizeof(long)));

    private readonly ManifestName?[] _names;

    /// <param name="names">At most <see cref="ManifestShape.FanOut"/>, not all null.</param>
    public ManifestNode(int level, ReadOnlySpan<ManifestName?> names)
    {
        Level = level;
        _names = names.ToArray();
        foreach (var name in names)
            Chunks += name?.Chunks ?? 0;
    }

    public int Level { get; }

    public IReadOnlyList<ManifestName?> Names => _names;

    /// <summary>Chunks that the node stands for without those that are zeros.</summary>
    public long Chunks { get; }

    public byte[] Encode()
    {
        var bytes = new byte[HeaderSize + (_names.Length * NameSize(Level))];
        bytes[0] = (byte)Level;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(1), (ushort)_names.Length);
        var end = HeaderSize;
        for (var i = 0; i < _names.Length; end += bytes[end] == Zeros ? RunSize : NameSize(Level))
            i += EncodeNext(i, bytes.AsSpan(end));
        return bytes[..end];
    }

    /// <exception cref="InvalidDataException">It is no node, or not in its one encoding.</exception>
    public static ManifestNode Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderSize)
            throw new InvalidDataException($"{bytes.Length} bytes are too few for a node.");
        var level = bytes[0];
        var count = BinaryPrimitives.ReadUInt16LittleEndian(bytes[1..]);
        if (count is 0 or > ManifestShape.FanOut || level > ManifestShape.HighestLevel)
            throw new InvalidDataException($"A node is of level {ManifestShape.HighestLevel} at the most and has 1 to {ManifestShape.FanOut} names; this one is of level {level} and has {count}.");
        var names = new ManifestName?[count];
        var rest = bytes[HeaderSize..];
        var afterZeros = false;
        for (var i = 0; i < count;)
        {
            if (rest.Length >= NameSize(level) && rest[0] == Name)
            {
                names[i++] = new ManifestName(new ChunkHash(rest[1..]), DecodeChunks(level, rest[(1 + ChunkHash.Size)..]));
                rest = rest[NameSize(level)..];
                afterZeros = false;
            }
            else if (rest.Length >= RunSize && rest[0] == Zeros && !afterZeros && BinaryPrimitives.ReadUInt16LittleEndian(rest[1..]) is var run
                && run > 0 && run <= count - i && run < count)
            {
                i += run;
                rest = rest[RunSize..];
                afterZeros = true;
            }
            else
            {
                throw new InvalidDataException($"The node's name {i} is not written as names are.");
            }
        }

        return rest.IsEmpty ? new ManifestNode(level, names) : throw new InvalidDataException($"The node has {rest.Length} bytes too many.");
    }

    private static int NameSize(int level) => 1 + ChunkHash.Size + (level == 0 ? 0 : sizeof(long));

    private static long DecodeChunks(int level, ReadOnlySpan<byte> source)
    {
        if (level == 0)
            return 1;
        var chunks = BinaryPrimitives.ReadInt64LittleEndian(source);
        return chunks > 0 && chunks <= ManifestShape.Span(level) ? chunks
            : throw new InvalidDataException($"A name in a node of level {level} stands for at most {ManifestShape.Span(level)} chunks, and not for {chunks}.");
    }

    private int EncodeNext(int from, Span<byte> target)
    {
        if (_names[from] is { } name)
        {
            target[0] = Name;
            name.Hash.WriteTo(target[1..]);
            if (Level > 0)
                BinaryPrimitives.WriteInt64LittleEndian(target[(1 + ChunkHash.Size)..], name.Chunks);
            return 1;
        }

        var run = 1;
        while (from + run < _names.Length && _names[from + run] is null)
            run++;
        target[0] = Zeros;
        BinaryPrimitives.WriteUInt16LittleEndian(target[1..], (ushort)run);
        return run;
    }
}
