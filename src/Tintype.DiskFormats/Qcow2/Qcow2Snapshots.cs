using System.Buffers.Binary;
using Tintype.DiskFormats.Inspection;

namespace Tintype.DiskFormats.Qcow2;

/// <summary>
/// Walks a qcow2 file's table of internal snapshots as it goes by, holding one entry's fixed part, big-endian:
/// <code>
/// 0 L1's offset   8 L1's entries   12 length of the id   14 length of the name   … 36 length of more data │ more │ id │ name │ to a multiple of 8
/// </code>
/// </summary>
internal sealed class Qcow2Snapshots
{
    // QEMU's own limits (block/qcow2.h, block/qcow2-snapshot.c).
    private const uint MaximumMoreData = 1024;
    private const long MaximumTableBytes = 64 * 1024 * 1024;

    /// <summary>The least that an entry takes.</summary>
    public const int EntryHeaderSize = 40;

    private readonly ForwardWindow _window = new();
    private readonly uint _count;
    private readonly long _start;
    private readonly long _clusterMask;
    private readonly long _maximumL1Bytes;
    private uint _read;
    private long _end;

    public Qcow2Snapshots(Qcow2Header header, long maximumL1Bytes)
    {
        _count = header.Snapshots;
        _start = (long)header.SnapshotsOffset;
        _clusterMask = (1L << (int)header.ClusterBits) - 1;
        _maximumL1Bytes = maximumL1Bytes;
        _window.TryOpen(_start, EntryHeaderSize);
    }

    /// <summary>The first entry that lies, a clause; null while there is none.</summary>
    public string? Flaw { get; private set; }

    /// <summary>To be fed from the file's first byte on.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (_read < _count && Flaw is null && !bytes.IsEmpty)
        {
            bytes = bytes[_window.Take(bytes)..];
            if (_window.IsFull)
                Read(_window.Bytes);
        }
    }

    /// <summary>What is wrong once the file of <paramref name="length"/> bytes has ended.</summary>
    public string? FlawAtEnd(long length)
    {
        if (Flaw is not null)
            return Flaw;
        if (_read < _count)
            return $"it ends within its table of {_count} internal snapshots";
        return _end > length ? $"an internal snapshot's L1 table ends at {_end}, beyond its {length} bytes" : null;
    }

    private void Read(ReadOnlySpan<byte> entry)
    {
        var l1 = BinaryPrimitives.ReadUInt64BigEndian(entry);
        var l1Bytes = BinaryPrimitives.ReadUInt32BigEndian(entry[8..]) * 8L;
        var more = BinaryPrimitives.ReadUInt32BigEndian(entry[36..]);
        _read++;
        if (l1Bytes > _maximumL1Bytes)
            Flaw = $"internal snapshot {_read} has an L1 table of {l1Bytes / 8} entries, more than {_maximumL1Bytes / 8}";
        else if (l1 > long.MaxValue / 2 || ((long)l1 & _clusterMask) != 0)
            Flaw = $"internal snapshot {_read} has an L1 table at {l1}, where no cluster begins";
        else if (more > MaximumMoreData)
            Flaw = $"internal snapshot {_read} has {more} bytes of more data, more than {MaximumMoreData}";
        if (Flaw is not null)
            return;
        _end = Math.Max(_end, (long)l1 + l1Bytes);
        long length = EntryHeaderSize + more + BinaryPrimitives.ReadUInt16BigEndian(entry[12..]) + BinaryPrimitives.ReadUInt16BigEndian(entry[14..]);
        var next = _window.Offset + ((length + 7) & ~7L);
        if (next - _start > MaximumTableBytes)
            Flaw = $"its table of internal snapshots has more than {MaximumTableBytes} bytes";
        else
            _window.TryOpen(next, EntryHeaderSize);
    }
}
