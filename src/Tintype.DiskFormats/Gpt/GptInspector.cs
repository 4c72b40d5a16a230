using System.Buffers.Binary;
using Tintype.DiskFormats.Inspection;

namespace Tintype.DiskFormats.Gpt;

/// <summary>
/// Knows a partitioned disk by its boot sector, and judges the four entries of its MBR. Both kinds of partition table have one: a
/// GPT's holds a single entry that covers the disk, so that a reader that knows only MBRs keeps its hands off. Where a reader could
/// see other partitions than the GPT's, it is refused (UEFI specification, 5.2.3).
/// <code>
/// 446  boot flag (00, 80) │ start CHS (3) │ type │ end CHS (3) │ start LBA (4) │ sectors (4)     four times, little-endian
/// 510  55 AA
/// </code>
/// </summary>
/// <param name="strict">Whether a table with oddities is a hazard.</param>
public sealed class GptInspector(bool strict = true) : IFormatInspector
{
    private const int SectorSize = 512;
    private const int EntriesAt = 446;
    private const int EntrySize = 16;
    private const int Entries = 4;
    private const byte Protective = 0xEE;

    private readonly HeadBuffer _head = new(SectorSize);
    private long _length;

    public string Format => "gpt";

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        _head.Take(bytes);
        _length += bytes.Length;
    }

    public InspectorVerdict Finish()
    {
        var sector = _head.Bytes;
        if (sector.Length < SectorSize || sector[510] != 0x55 || sector[511] != 0xAA || IsFat(sector))
            return InspectorVerdict.NoMatch;
        return new InspectorVerdict(true, _length, strict ? TableHazard(sector[EntriesAt..510]) : null);
    }

    // A FAT file system's first sector ends in the same signature: two tables, on a fixed disk.
    private static bool IsFat(ReadOnlySpan<byte> sector) => sector[0x10] == 2 && sector[0x15] == 0xF8;

    private static string? TableHazard(ReadOnlySpan<byte> table)
    {
        var used = 0;
        var firstUsed = -1;
        var hasProtective = false;
        for (var i = 0; i < Entries; i++)
        {
            var entry = table.Slice(i * EntrySize, EntrySize);
            if (entry[0] is not (0x00 or 0x80))
                return $"the boot flag of entry {i + 1} of its MBR is 0x{entry[0]:x2}, which must be 0x00 or 0x80";
            var type = entry[4];
            if (type == 0)
                continue;
            firstUsed = used++ == 0 ? i : firstUsed;
            if (type != Protective)
                continue;
            hasProtective = true;
            if (entry[1] != 0 || entry[2] != 2 || entry[3] != 0)
                return $"the protective entry of its MBR begins at CHS {entry[1]:x2} {entry[2]:x2} {entry[3]:x2}, which must be 00 02 00";
            if (BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]) is var start and not 1)
                return $"the protective entry of its MBR begins at sector {start}, which must be 1";
        }

        if (hasProtective && (used > 1 || firstUsed != 0))
            return "its MBR protects a GPT and has other partitions beside it; the protective entry must be the first and the only one";
        return used == 0 ? "its boot sector has a signature but no partitions" : null;
    }
}
