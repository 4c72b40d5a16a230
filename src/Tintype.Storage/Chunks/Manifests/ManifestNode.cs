using System.Buffers.Binary;

namespace Tintype.Storage.Chunks.Manifests;

/// <summary>
/// A node of a manifest: the names below it, null for what is all zeros. As bytes, version 1 (docs/chunk-store-format.md), numbers
/// little-endian:
/// <code>
/// level (1), names (2), then until all names are accounted for
///     0, run (2)     so many in a row are zeros; as many as there are
///     1, hash (32)   one chunk, or one node of the level below
/// </code>
/// One content has one encoding, so that its hash tells whether two nodes are equal. A node of zeros only does not exist.
/// </summary>
internal sealed class ManifestNode
{
    private const byte Zeros = 0;
    private const byte Name = 1;
    private const int HeaderSize = 3;

    /// <summary>Bytes that a node may take.</summary>
    public const int MaximumSize = HeaderSize + (ManifestShape.FanOut * (1 + ChunkHash.Size));

    private readonly ChunkHash?[] _names;

    /// <param name="names">At most <see cref="ManifestShape.FanOut"/>, not all null.</param>
    public ManifestNode(int level, ReadOnlySpan<ChunkHash?> names)
    {
        Level = level;
        _names = names.ToArray();
    }

    public int Level { get; }

    public IReadOnlyList<ChunkHash?> Names => _names;

    public byte[] Encode()
    {
        var bytes = new byte[HeaderSize + (_names.Length * (1 + ChunkHash.Size))];
        bytes[0] = (byte)Level;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(1), (ushort)_names.Length);
        var end = HeaderSize;
        for (var i = 0; i < _names.Length; end += 1 + (bytes[end] == Zeros ? 2 : ChunkHash.Size))
            i += EncodeNext(i, bytes.AsSpan(end));
        return bytes[..end];
    }

    /// <exception cref="InvalidDataException">It is no node, or not in its one encoding.</exception>
    public static ManifestNode Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderSize)
            throw new InvalidDataException($"{bytes.Length} bytes are too few for a node.");
        var count = BinaryPrimitives.ReadUInt16LittleEndian(bytes[1..]);
        if (count is 0 or > ManifestShape.FanOut)
            throw new InvalidDataException($"A node has 1 to {ManifestShape.FanOut} names, and not {count}.");
        var names = new ChunkHash?[count];
        var rest = bytes[HeaderSize..];
        var afterZeros = false;
        for (var i = 0; i < count;)
        {
            if (rest.Length > ChunkHash.Size && rest[0] == Name)
            {
                names[i++] = new ChunkHash(rest[1..]);
                rest = rest[(1 + ChunkHash.Size)..];
                afterZeros = false;
            }
            else if (rest.Length > 2 && rest[0] == Zeros && !afterZeros && BinaryPrimitives.ReadUInt16LittleEndian(rest[1..]) is var run
                && run > 0 && run <= count - i && run < count)
            {
                i += run;
                rest = rest[3..];
                afterZeros = true;
            }
            else
            {
                throw new InvalidDataException($"The node's name {i} is not written as names are.");
            }
        }

        return rest.IsEmpty ? new ManifestNode(bytes[0], names) : throw new InvalidDataException($"The node has {rest.Length} bytes too many.");
    }

    private int EncodeNext(int from, Span<byte> target)
    {
        if (_names[from] is { } hash)
        {
            target[0] = Name;
            hash.WriteTo(target[1..]);
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
