using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Tintype.Storage.Chunks;

/// <summary>The SHA-256 of a chunk's bytes before compression: its name.</summary>
public readonly record struct ChunkHash
{
    /// <summary>Bytes of a hash.</summary>
    public const int Size = 32;

    private readonly ulong _first;
    private readonly ulong _second;
    private readonly ulong _third;
    private readonly ulong _fourth;

    /// <param name="bytes">Of which the first <see cref="Size"/> are the hash.</param>
    public ChunkHash(ReadOnlySpan<byte> bytes)
    {
        _first = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _second = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _third = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _fourth = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    public static ChunkHash Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(content, hash);
        return new ChunkHash(hash);
    }

    public void WriteTo(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt64BigEndian(target, _first);
        BinaryPrimitives.WriteUInt64BigEndian(target[8..], _second);
        BinaryPrimitives.WriteUInt64BigEndian(target[16..], _third);
        BinaryPrimitives.WriteUInt64BigEndian(target[24..], _fourth);
    }

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{_first:x16}{_second:x16}{_third:x16}{_fourth:x16}";

    // Every bit of the hash is as random as any other.
    public override int GetHashCode() => (int)_first;
}
