using System.Buffers.Binary;

namespace Tintype.DiskFormats.Vhd;

/// <summary>
/// What tells of a VHD, big-endian, in the file's last 512 bytes and, unless the disk is fixed, in its first ones too (Microsoft's
/// "Virtual Hard Disk Image Format Specification"):
/// <code>
/// 0 "conectix"   16 offset of the dynamic header (fixed: all ones)   48 size   60 type: 2 fixed, 3 dynamic, 4 differencing   64 checksum
/// </code>
/// </summary>
internal readonly record struct VhdFooter(ulong DynamicHeaderOffset, ulong Size, uint Type, bool ChecksumHolds)
{
    public const int Length = 512;
    public const uint Fixed = 2;
    public const uint Dynamic = 3;
    public const uint Differencing = 4;

    public static bool HasMagic(ReadOnlySpan<byte> bytes) => bytes.StartsWith("conectix"u8);

    /// <param name="bytes">At least <see cref="Length"/>.</param>
    public static VhdFooter Parse(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]), BinaryPrimitives.ReadUInt64BigEndian(bytes[48..]),
        BinaryPrimitives.ReadUInt32BigEndian(bytes[60..]), ChecksumOf(bytes[..Length], 64) == BinaryPrimitives.ReadUInt32BigEndian(bytes[64..]));

    /// <summary>The complement of the sum of all bytes but the checksum's own.</summary>
    public static uint ChecksumOf(ReadOnlySpan<byte> bytes, int checksumAt)
    {
        uint sum = 0;
        for (var i = 0; i < bytes.Length; i++)
            sum += i >= checksumAt && i < checksumAt + 4 ? 0u : bytes[i];
        return ~sum;
    }
}
