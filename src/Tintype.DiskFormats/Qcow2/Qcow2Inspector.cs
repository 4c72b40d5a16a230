using Tintype.DiskFormats.Inspection;

namespace Tintype.DiskFormats.Qcow2;

/// <summary>
/// Judges a qcow2 file by its header. Refuses what makes a reader open another file (a backing file, an external data file), what it
/// could misread (features that it does not know), and tables that are larger than QEMU accepts or lie where the file is not.
/// The tables of internal snapshots are followed too.
/// </summary>
public sealed class Qcow2Inspector : IFormatInspector
{
    // QEMU's own limits (block/qcow2.h).
    private const int MinimumClusterBits = 9;
    private const int MaximumClusterBits = 21;
    private const long MaximumL1Bytes = 32 * 1024 * 1024;
    private const long MaximumRefcountTableBytes = 8 * 1024 * 1024;
    private const uint MaximumSnapshots = 65536;
    private const uint MaximumRefcountOrder = 6;

    private const ulong ExternalDataFile = 1 << 2;
    // Dirty, corrupt, external data file, compression type, extended L2 entries.
    private const ulong KnownFeatures = 0b11111;
    private const ulong ExtendedL2 = 1 << 4;

    private const uint MaximumCryptMethod = 2;

    private readonly HeadBuffer _head = new(Qcow2Header.Version3Length);
    private Qcow2Snapshots? _snapshots;
    private long _length;

    public string Format => "qcow2";

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        if (_head.Bytes.Length < Qcow2Header.Version3Length)
        {
            var taken = _head.Take(bytes);
            if (_head.Bytes.Length == Qcow2Header.Version3Length && Qcow2Header.HasMagic(_head.Bytes))
                _snapshots = SnapshotsOf(Qcow2Header.Parse(_head.Bytes));
            _snapshots?.Feed(_head.Bytes);
            _snapshots?.Feed(bytes[taken..]);
        }
        else
        {
            _snapshots?.Feed(bytes);
        }

        _length += bytes.Length;
    }

    public InspectorVerdict Finish()
    {
        if (!Qcow2Header.HasMagic(_head.Bytes))
            return InspectorVerdict.NoMatch;
        var header = Qcow2Header.Parse(_head.Bytes);
        if (_head.Bytes.Length < Qcow2Header.Version2Length || (header.Version >= 3 && _head.Bytes.Length < Qcow2Header.Version3Length))
            return new InspectorVerdict(true, null, null, "it ends within its header");
        var size = header.Size <= long.MaxValue ? (long?)header.Size : null;
        return new InspectorVerdict(true, size, Hazard(header), HeaderFlaw(header) ?? TableFlaw(header) ?? _snapshots?.FlawAtEnd(_length));
    }

    // Only where the table can be: the rest is told from the header alone.
    private static Qcow2Snapshots? SnapshotsOf(Qcow2Header header) =>
        header is { Snapshots: > 0 and <= MaximumSnapshots, SnapshotsOffset: >= Qcow2Header.Version3Length and <= long.MaxValue / 2, ClusterBits: >= MinimumClusterBits and <= MaximumClusterBits }
            ? new Qcow2Snapshots(header, MaximumL1Bytes) : null;

    private static string? Hazard(Qcow2Header header)
    {
        if (header.Version is not (2 or 3))
            return $"its qcow2 version is {header.Version}, which must be 2 or 3";
        if (header.BackingFileOffset != 0)
            return "it names a backing file; flatten it first, with qemu-img convert";
        if ((header.IncompatibleFeatures & ExternalDataFile) != 0)
            return "its data lies in another file (data_file); convert it into one that holds its data itself";
        if ((header.IncompatibleFeatures & ~KnownFeatures) != 0)
            return $"it needs features that are not known (0x{header.IncompatibleFeatures & ~KnownFeatures:x})";
        return null;
    }

    private static string? HeaderFlaw(Qcow2Header header)
    {
        if (header.ClusterBits is < MinimumClusterBits or > MaximumClusterBits)
            return $"its clusters have 2^{header.ClusterBits} bytes, which must be 2^{MinimumClusterBits} to 2^{MaximumClusterBits}";
        if (header.CryptMethod > MaximumCryptMethod)
            return $"its encryption method is {header.CryptMethod}, which must be at most {MaximumCryptMethod}";
        if (header.RefcountOrder > MaximumRefcountOrder)
            return $"its refcounts have 2^{header.RefcountOrder} bits, which must be at most 2^{MaximumRefcountOrder}";
        if (header.Version == 3 && (header.HeaderLength < Qcow2Header.Version3Length || header.HeaderLength > 1u << (int)header.ClusterBits))
            return $"its header claims {header.HeaderLength} bytes";
        return null;
    }

    private string? TableFlaw(Qcow2Header header)
    {
        var cluster = 1L << (int)header.ClusterBits;
        if (header.Size > long.MaxValue)
            return $"its disk has {header.Size} bytes";
        // An L2 table is one cluster; its entries are twice as long with the extended ones.
        var coveredByTable = (UInt128)cluster * (ulong)(cluster / ((header.IncompatibleFeatures & ExtendedL2) != 0 ? 16 : 8));
        var neededTables = (header.Size + coveredByTable - 1) / coveredByTable;
        if (header.L1Entries < neededTables)
            return $"its L1 table has {header.L1Entries} entries where its disk needs {neededTables}";
        if (header.L1Entries * 8L > MaximumL1Bytes)
            return $"its L1 table has {header.L1Entries} entries, more than {MaximumL1Bytes / 8}";
        if (!Lies(header.L1Offset, header.L1Entries * 8L, cluster))
            return $"its L1 table at {header.L1Offset} does not lie within its {_length} bytes";
        if (header.RefcountTableClusters * cluster > MaximumRefcountTableBytes)
            return $"its refcount table has {header.RefcountTableClusters} clusters, more than {MaximumRefcountTableBytes / cluster}";
        if (!Lies(header.RefcountTableOffset, header.RefcountTableClusters * cluster, cluster))
            return $"its refcount table at {header.RefcountTableOffset} does not lie within its {_length} bytes";
        if (header.Snapshots > MaximumSnapshots)
            return $"it claims {header.Snapshots} internal snapshots, more than {MaximumSnapshots}";
        if (header.Snapshots > 0 && (header.SnapshotsOffset < (ulong)cluster || !Lies(header.SnapshotsOffset, header.Snapshots * (long)Qcow2Snapshots.EntryHeaderSize, cluster)))
            return $"its table of snapshots at {header.SnapshotsOffset} does not lie within its {_length} bytes";
        return null;
    }

    private bool Lies(ulong offset, long length, long alignment) =>
        length == 0 || (offset % (ulong)alignment == 0 && offset <= (ulong)_length && length <= _length - (long)offset);
}
