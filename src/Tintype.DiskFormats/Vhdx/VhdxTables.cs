using System.Buffers.Binary;
using System.Numerics;

namespace Tintype.DiskFormats.Vhdx;

/// <summary>A header of a VHDX: <c>0 "head"   4 checksum   8 sequence   48 id of the log (zeros: it is empty)</c>, little-endian.</summary>
internal readonly record struct VhdxHeader(ulong Sequence, bool HasLog)
{
    public const int Length = 4096;

    /// <returns>Null when readers would pass it over.</returns>
    public static VhdxHeader? TryParse(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith("head"u8) && VhdxChecksum.Holds(bytes)
            ? new VhdxHeader(BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]), bytes[48..64].ContainsAnyExcept((byte)0))
            : null;
}

/// <summary>An entry of the region table: <c>0 id   16 offset   24 length   28 required</c>, little-endian.</summary>
internal readonly record struct VhdxRegion(Guid Id, ulong Offset, uint Length, bool IsRequired)
{
    public const int TableHeaderSize = 16;
    public const int EntrySize = 32;

    public static readonly Guid Metadata = new("8b7ca206-4790-4b9a-b8fe-575f050f886e");
    public static readonly Guid Blocks = new("2dc27766-f623-4200-9d64-115e9bfd4a08");

    public static VhdxRegion Parse(ReadOnlySpan<byte> entry) => new(new Guid(entry[..16]), BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]),
        BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]), (entry[28] & 1) != 0);
}

/// <summary>An entry of the metadata table: <c>0 id   16 offset within the region   20 length   24 flags (4: required)</c>.</summary>
internal readonly record struct VhdxItem(Guid Id, uint Offset, uint Length, bool IsRequired)
{
    public const int EntrySize = 32;

    public static readonly Guid FileParameters = new("caa16737-fa36-4d43-b3b6-33f0aa44e76b");
    public static readonly Guid DiskSize = new("2fa54224-cd1b-4876-b211-5dbed83bf4b8");

    private static readonly Guid[] _others =
    [
        new("beca12ab-b2e6-4523-93ef-c309e000c746"), // the disk's id
        new("8141bf1d-a96f-4709-ba47-f233a8faab5f"), // logical sector
        new("cda348c7-445d-4471-9cc9-e9885251c556"), // physical sector
        new("a8d35f2d-b30b-454d-abf7-d3d84834ab0c"), // parents, which only a differencing disk looks at
    ];

    public bool IsKnown => Id == FileParameters || Id == DiskSize || Array.IndexOf(_others, Id) >= 0;

    public static VhdxItem Parse(ReadOnlySpan<byte> entry) => new(new Guid(entry[..16]), BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]),
        BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]), (entry[24] & 4) != 0);
}

/// <summary>CRC-32C over a structure whose checksum, at its byte 4, counts as zeros.</summary>
internal static class VhdxChecksum
{
    public static bool Holds(ReadOnlySpan<byte> structure) => BinaryPrimitives.ReadUInt32LittleEndian(structure[4..]) == Of(structure);

    /// <param name="structure">A multiple of 8 bytes.</param>
    public static uint Of(ReadOnlySpan<byte> structure)
    {
        var crc = BitOperations.Crc32C(uint.MaxValue, (ulong)BinaryPrimitives.ReadUInt32LittleEndian(structure));
        for (var rest = structure[8..]; !rest.IsEmpty; rest = rest[8..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(rest));
        return ~crc;
    }
}
