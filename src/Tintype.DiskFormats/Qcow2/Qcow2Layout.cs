using System.Buffers.Binary;

namespace Tintype.DiskFormats.Qcow2;

/// <summary>An L2 table that names data.</summary>
/// <param name="Number">Its place in the L1 table: it is for the clusters of the disk from this times <see cref="Qcow2Layout.ClustersPerTable"/> on.</param>
/// <param name="Clusters">How many of these are stored; at least 1.</param>
public readonly record struct Qcow2Table(int Number, int Clusters);

/// <summary>
/// Where everything lies in a qcow2 file that is made from a disk's content, decided before its first byte:
/// <code>
/// header │ refcount table │ refcount blocks │ L1 │ L2 tables that name data │ data clusters, in the guest's order
/// </code>
/// Clusters of 64 KiB; refcounts of 16 bits, all 1. A cluster without data is not stored and has no L2 entry, and an L2 table without
/// entries is not stored either: with no backing file both read as zeros. Everything before the L2 tables follows from how many clusters
/// each of these names: 12 bytes for each 512 MiB of disk that have any. It never changes, and many may read by it.
/// </summary>
public sealed class Qcow2Layout
{
    /// <summary>The version of what is told above. The same content gives the same file for as long as this is the same.</summary>
    public const int Version = 1;

    public const int ClusterSize = 1 << ClusterBits;

    /// <summary>Clusters of the disk that an L2 table has entries for.</summary>
    public const int ClustersPerTable = EntriesPerTable;

    /// <summary>The largest disk, in bytes: 64 TiB.</summary>
    public const long MaximumVirtualSize = 1L << 46;

    internal const int EntriesPerTable = ClusterSize / sizeof(ulong);
    // The cluster is referred to exactly once, so that QEMU may write to it without looking at refcounts.
    internal const ulong Copied = 1UL << 63;

    private const int ClusterBits = 16;
    private const int RefcountsPerBlock = ClusterSize / sizeof(ushort);

    // The tables that are stored, in their order, and how many clusters with data come before those of each; and of all, at the end.
    private readonly int[] _tables;
    private readonly long[] _before;
    private readonly long _l1Entries;
    private readonly long _refcountTableClusters;
    private readonly long _refcountBlocks;
    private readonly long _l1Clusters;

    /// <param name="virtualSize">Bytes of the disk, a multiple of 512.</param>
    /// <param name="tables">In ascending order.</param>
    /// <exception cref="ArgumentException">Tables that the disk does not have, or not in their order.</exception>
    public Qcow2Layout(long virtualSize, IEnumerable<Qcow2Table> tables)
    {
        RefuseSize(virtualSize);
        VirtualSize = virtualSize;
        GuestClusters = DivideUp(virtualSize, ClusterSize);
        _l1Entries = Math.Max(1, DivideUp(GuestClusters, EntriesPerTable));
        (_tables, _before) = Count(tables);
        _l1Clusters = DivideUp(_l1Entries, EntriesPerTable);

        // Refcount blocks count themselves and their table: grow until they cover what they are part of.
        var others = 1 + _l1Clusters + _tables.Length + DataClusters;
        long needed;
        do
        {
            needed = _refcountBlocks;
            _refcountTableClusters = Math.Max(1, DivideUp(needed, EntriesPerTable));
            _refcountBlocks = DivideUp(others + _refcountTableClusters + needed, RefcountsPerBlock);
        }
        while (needed != _refcountBlocks);
        FirstTable = 1 + _refcountTableClusters + _refcountBlocks + _l1Clusters;
    }

    public long VirtualSize { get; }

    /// <summary>Bytes of the whole file.</summary>
    public long FileLength => (MetadataClusters + DataClusters) * ClusterSize;

    /// <summary>Clusters of the disk, stored or not.</summary>
    internal long GuestClusters { get; }

    internal long DataClusters => _before[^1];

    /// <summary>The cluster of the file that is the first L2 table.</summary>
    internal long FirstTable { get; }

    /// <summary>Clusters before the first one with data.</summary>
    internal long MetadataClusters => FirstTable + _tables.Length;

    /// <exception cref="ArgumentOutOfRangeException">No disk, or none of ours, has this size.</exception>
    internal static void RefuseSize(long virtualSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(virtualSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(virtualSize, MaximumVirtualSize);
        if (virtualSize % 512 != 0)
            throw new ArgumentOutOfRangeException(nameof(virtualSize), virtualSize, "A disk consists of sectors of 512 bytes.");
    }

    internal static long DivideUp(long value, long by) => (value + by - 1) / by;

    /// <summary>The number of the L2 table that is stored as the <paramref name="index"/>th.</summary>
    internal int TableAt(int index) => _tables[index];

    /// <summary>Clusters with data before those of the L2 table that is stored as the <paramref name="index"/>th.</summary>
    internal long DataBefore(int index) => _before[index];

    /// <summary>Which of the stored L2 tables names this cluster with data.</summary>
    internal int TableOf(long dataCluster)
    {
        var found = Array.BinarySearch(_before, dataCluster);
        return found >= 0 ? found : ~found - 1;
    }

    /// <summary>Fills the cluster of the file at <paramref name="index"/>, which is one before the L2 tables.</summary>
    internal void WriteMetadata(long index, Span<byte> cluster)
    {
        cluster.Clear();
        var refcountTable = 1L;
        var refcountBlocks = refcountTable + _refcountTableClusters;
        var l1 = refcountBlocks + _refcountBlocks;
        if (index == 0)
            Header(refcountTable, l1).WriteTo(cluster);
        else if (index < refcountBlocks)
            WriteRefcountTable((index - refcountTable) * EntriesPerTable, refcountBlocks, cluster);
        else if (index < l1)
            WriteRefcounts((index - refcountBlocks) * RefcountsPerBlock, cluster);
        else
            WriteL1((index - l1) * EntriesPerTable, cluster);
    }

    private Qcow2Header Header(long refcountTable, long l1) => new(
        Version: 3, BackingFileOffset: 0, ClusterBits, (ulong)VirtualSize, CryptMethod: 0, (uint)_l1Entries, (ulong)(l1 * ClusterSize),
        (ulong)(refcountTable * ClusterSize), (uint)_refcountTableClusters, Snapshots: 0, SnapshotsOffset: 0, IncompatibleFeatures: 0,
        RefcountOrder: 4, Qcow2Header.Version3Length);

    private void WriteRefcountTable(long firstBlock, long blocksAt, Span<byte> cluster)
    {
        var count = (int)Math.Min(EntriesPerTable, _refcountBlocks - firstBlock);
        for (var i = 0; i < count; i++)
            BinaryPrimitives.WriteUInt64BigEndian(cluster[(i * 8)..], (ulong)((blocksAt + firstBlock + i) * ClusterSize));
    }

    private void WriteRefcounts(long firstCluster, Span<byte> cluster)
    {
        var count = (int)Math.Min(RefcountsPerBlock, MetadataClusters + DataClusters - firstCluster);
        for (var i = 0; i < count; i++)
            BinaryPrimitives.WriteUInt16BigEndian(cluster[(i * 2)..], 1);
    }

    private void WriteL1(long firstEntry, Span<byte> cluster)
    {
        var index = Array.BinarySearch(_tables, (int)firstEntry);
        for (index = index >= 0 ? index : ~index; index < _tables.Length && _tables[index] < firstEntry + EntriesPerTable; index++)
            BinaryPrimitives.WriteUInt64BigEndian(cluster[((int)(_tables[index] - firstEntry) * 8)..], Copied | (ulong)((FirstTable + index) * ClusterSize));
    }

    private (int[] Tables, long[] Before) Count(IEnumerable<Qcow2Table> tables)
    {
        var numbers = new List<int>();
        var before = new List<long> { 0 };
        foreach (var (number, clusters) in tables)
        {
            var most = Math.Min(EntriesPerTable, GuestClusters - ((long)number * EntriesPerTable));
            if (number < 0 || (numbers.Count > 0 && number <= numbers[^1]) || clusters < 1 || clusters > most)
                throw new ArgumentException($"The table {number} with {clusters} clusters is not one of a disk of {VirtualSize} bytes, or comes too late.", nameof(tables));
            numbers.Add(number);
            before.Add(before[^1] + clusters);
        }

        return ([.. numbers], [.. before]);
    }
}
