using System.Buffers.Binary;
using System.Numerics;
using Tintype.DiskFormats.Inspection;

namespace Tintype.DiskFormats.Vhdx;

/// <summary>
/// Judges a VHDX ([MS-VHDX]) by following it front to back from table to table, of which it holds one at a time:
/// <code>
/// 0 "vhdxfile" │ 64K header │ 128K header │ 192K region table │ 256K its copy │ … │ metadata: table, items │ … blocks …
/// </code>
/// Where readers could differ in which copy they believe, or a log would be replayed over what was judged, it is refused.
/// </summary>
public sealed class VhdxInspector : IFormatInspector
{
    private const int FirstHeaderAt = 64 * 1024;
    private const int SecondHeaderAt = 128 * 1024;
    private const int RegionTableAt = 192 * 1024;
    private const int TableLength = 64 * 1024;
    private const int LeastRegionOffset = 1024 * 1024;
    private const int MaximumEntries = 2047;
    private const int MetadataHeaderSize = 32;
    private const int ItemLength = 8;
    private const uint LeastBlock = 1 << 20;
    private const uint LargestBlock = 256 << 20;

    private readonly ForwardWindow _window = new();
    private Step _step;
    private VhdxHeader? _header;
    private VhdxRegion _metadata;
    private VhdxRegion _blocks;
    private VhdxItem[] _items = [];
    private ulong? _size;
    private string? _flaw;
    private long _length;

    public VhdxInspector() => _window.TryOpen(0, ItemLength);

    private enum Step
    {
        Identity,
        FirstHeader,
        SecondHeader,
        RegionTable,
        MetadataHeader,
        MetadataTable,
        FirstItem,
        SecondItem,
        Done,
        NotVhdx,
    }

    public string Format => "vhdx";

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        _length += bytes.Length;
        while (_step < Step.Done && !bytes.IsEmpty)
        {
            bytes = bytes[_window.Take(bytes)..];
            if (_window.IsFull)
                Advance();
        }
    }

    public InspectorVerdict Finish()
    {
        if (_step is Step.Identity or Step.NotVhdx)
            return InspectorVerdict.NoMatch;
        var flaw = _flaw ?? (_step != Step.Done ? $"it ends before its {Name(_step)}" : null);
        if (flaw is null && (_blocks.Offset > (ulong)_length || _blocks.Length > (ulong)_length - _blocks.Offset))
            flaw = $"its block table at {_blocks.Offset} does not lie within its {_length} bytes";
        return new InspectorVerdict(true, _size <= long.MaxValue ? (long?)_size : null, null, flaw);
    }

    private static string Name(Step step) => step switch
    {
        Step.FirstHeader or Step.SecondHeader => "headers",
        Step.RegionTable => "region table",
        _ => "metadata",
    };

    private void Advance()
    {
        var bytes = _window.Bytes;
        switch (_step)
        {
            case Step.Identity:
                if (bytes.SequenceEqual("vhdxfile"u8))
                    Next(Step.FirstHeader, FirstHeaderAt, VhdxHeader.Length);
                else
                    _step = Step.NotVhdx;
                break;
            case Step.FirstHeader:
                _header = VhdxHeader.TryParse(bytes);
                Next(Step.SecondHeader, SecondHeaderAt, VhdxHeader.Length);
                break;
            case Step.SecondHeader:
                ReadSecondHeader(VhdxHeader.TryParse(bytes));
                break;
            case Step.RegionTable:
                ReadRegions(bytes);
                break;
            case Step.MetadataHeader:
                ReadMetadataHeader(bytes);
                break;
            case Step.MetadataTable:
                ReadItems(bytes);
                break;
            default:
                ReadItem(_items[_step - Step.FirstItem].Id, bytes);
                break;
        }
    }

    private void ReadSecondHeader(VhdxHeader? second)
    {
        // The later one counts.
        if (_header is null || second?.Sequence > _header?.Sequence)
            _header = second;
        if (_header is null)
            Refuse("neither of its headers is sound");
        else if (_header.Value.HasLog)
            Refuse("it has a log that was not replayed; open and close it once where it was made");
        else
            Next(Step.RegionTable, RegionTableAt, TableLength);
    }

    private void ReadRegions(ReadOnlySpan<byte> table)
    {
        var count = BinaryPrimitives.ReadUInt32LittleEndian(table[8..]);
        if (!table.StartsWith("regi"u8) || !VhdxChecksum.Holds(table) || count > MaximumEntries)
        {
            Refuse("its region table is not sound");
            return;
        }

        for (var i = 0; i < count; i++)
        {
            var region = VhdxRegion.Parse(table.Slice(VhdxRegion.TableHeaderSize + (i * VhdxRegion.EntrySize), VhdxRegion.EntrySize));
            ref var known = ref region.Id == VhdxRegion.Metadata ? ref _metadata : ref _blocks;
            if (region.Id != VhdxRegion.Metadata && region.Id != VhdxRegion.Blocks)
            {
                if (region.IsRequired)
                    Refuse($"it needs a region that is not known ({region.Id})");
            }
            else if (known.Id != default)
            {
                Refuse("its region table names a region twice");
            }
            else if (region.Offset is < LeastRegionOffset or > long.MaxValue - uint.MaxValue)
            {
                Refuse($"its region at {region.Offset} does not lie behind its headers");
            }
            else
            {
                known = region;
            }
        }

        if (_metadata.Id == default || _blocks.Id == default)
            Refuse("its region table lacks the metadata or the block table");
        else if (_metadata.Length < TableLength + ItemLength)
            Refuse($"its metadata has {_metadata.Length} bytes, which cannot hold its table");
        Next(Step.MetadataHeader, (long)_metadata.Offset, MetadataHeaderSize);
    }

    private void ReadMetadataHeader(ReadOnlySpan<byte> header)
    {
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[10..]);
        if (!header.StartsWith("metadata"u8) || count is 0 or > MaximumEntries)
            Refuse("its metadata table is not sound");
        Next(Step.MetadataTable, _window.Position, count * VhdxItem.EntrySize);
    }

    private void ReadItems(ReadOnlySpan<byte> table)
    {
        var wanted = new List<VhdxItem>(2);
        for (var at = 0; at < table.Length; at += VhdxItem.EntrySize)
        {
            var item = VhdxItem.Parse(table.Slice(at, VhdxItem.EntrySize));
            if (item.IsRequired && !item.IsKnown)
                Refuse($"it needs metadata that is not known ({item.Id})");
            if (item.Id != VhdxItem.FileParameters && item.Id != VhdxItem.DiskSize)
                continue;
            if (wanted.Exists(other => other.Id == item.Id))
                Refuse("its metadata names an item twice");
            else if (item.Length != ItemLength || item.Offset < TableLength || item.Offset > _metadata.Length - ItemLength)
                Refuse($"its metadata has an item of {item.Length} bytes at {item.Offset}");
            else
                wanted.Add(item);
        }

        if (wanted.Count != 2)
        {
            Refuse("its metadata lacks the size of the disk or the file's parameters");
            return;
        }

        wanted.Sort((one, other) => one.Offset.CompareTo(other.Offset));
        _items = [.. wanted];
        Next(Step.FirstItem, (long)_metadata.Offset + _items[0].Offset, ItemLength);
    }

    private void ReadItem(Guid id, ReadOnlySpan<byte> item)
    {
        if (id == VhdxItem.DiskSize)
            ReadSize(BinaryPrimitives.ReadUInt64LittleEndian(item));
        else
            ReadParameters(BinaryPrimitives.ReadUInt32LittleEndian(item), BinaryPrimitives.ReadUInt32LittleEndian(item[4..]));
        if (_step == Step.FirstItem)
            Next(Step.SecondItem, (long)_metadata.Offset + _items[1].Offset, ItemLength);
        else
            _step = Step.Done;
    }

    private void ReadSize(ulong size)
    {
        _size = size;
        if (size > long.MaxValue || size == 0 || size % 512 != 0)
            Refuse($"its disk has {size} bytes");
    }

    private void ReadParameters(uint block, uint flags)
    {
        if ((flags & 2) != 0)
            Refuse("it holds only differences from a parent disk; merge it first");
        if (!BitOperations.IsPow2(block) || block is < LeastBlock or > LargestBlock)
            Refuse($"its blocks have {block} bytes, which must be a power of two from {LeastBlock} to {LargestBlock}");
    }

    private void Next(Step step, long offset, int length)
    {
        if (_step == Step.Done)
            return;
        _step = step;
        if (!_window.TryOpen(offset, length))
            Refuse("its metadata overlaps itself");
    }

    // Nothing more is read: the first reason stands.
    private void Refuse(string flaw)
    {
        _flaw ??= flaw;
        _step = Step.Done;
    }
}
