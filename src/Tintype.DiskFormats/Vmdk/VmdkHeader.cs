using System.Buffers.Binary;

namespace Tintype.DiskFormats.Vmdk;

/// <summary>
/// The header of a sparse VMDK extent, little-endian, in sectors of 512 bytes (VMware's "Virtual Disk Format 5.0"):
/// <code>
///  0 magic "KDMV"   12 capacity      28 descriptor's offset   44 entries a grain table            56 grain directory
///  4 version        20 grain         36 descriptor's size     48 redundant grain directory        64 overhead
///  8 flags
/// </code>
/// </summary>
internal readonly record struct VmdkHeader(
    uint Version, uint Flags, ulong Capacity, ulong GrainSize, ulong DescriptorOffset, ulong DescriptorSize, uint EntriesPerTable,
    ulong RedundantDirectoryOffset, ulong DirectoryOffset)
{
    public const int Length = 512;
    public const int SectorSize = 512;

    /// <summary>The grain directory's place when only a footer tells it.</summary>
    public const ulong DirectoryAtEnd = ulong.MaxValue;

    public static bool HasMagic(ReadOnlySpan<byte> bytes) => bytes.StartsWith("KDMV"u8);

    /// <param name="bytes">At least 64 bytes.</param>
    public static VmdkHeader Parse(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[12..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[20..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[28..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[36..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[44..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[48..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[56..]));
}
