using System.Buffers.Binary;
using System.Numerics;

namespace Tintype.DiskFormats.Qcow2;

/// <summary>
/// Where everything lies in a qcow2 file that is written front to back, decided before its first byte:
/// <code>
/// header │ refcount table │ refcount blocks │ L1 │ L2 tables that name data │ data clusters, in the guest's order
/// </code>
/// Clusters of 64 KiB; refcounts of 16 bits, all 1. A cluster without data is not stored and has no L2 entry, and an L2 table without
/// entries is not stored either: with no backing file both read as zeros. Holds one bit a cluster: 2 KiB for each GiB of disk.
/// </summary>
internal sealed class Qcow2Layout
{
    public const int ClusterBits = 16;
    public const int ClusterSize = 1 << ClusterBits;

    /// <summary>The largest disk, in bytes: 64 TiB, for which the map of clusters takes 128 MiB.</summary>
    public const long MaximumVirtualSize = 1L << 46;

    private const int EntriesPerTable = ClusterSize / sizeof(ulong);
    private const int RefcountsPerBlock = ClusterSize / sizeof(ushort);
    // The cluster is referred to exactly once, so that QEMU may write to it without looking at refcounts.
    private const ulong Copied = 1UL << 63;

    private readonly ulong[] _stored;
    private readonly long _l1Entries;
    private readonly long _refcountTableClusters;
    private readonly long _refcountBlocks;
    private readonly long _l1Clusters;
    private readonly long _l2Tables;
    // Cursors over the tables, which are asked for in ascending order.
    private long _nextL2Table;
    private long _nextL2Slice;
    private long _nextDataCluster;

    public Qcow2Layout(long virtualSize, IEnumerable<DiskExtent> extents)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(virtualSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(virtualSize, MaximumVirtualSize);
        if (virtualSize % 512 != 0)
            throw new ArgumentOutOfRangeException(nameof(virtualSize), virtualSize, "A disk consists of sectors of 512 bytes.");
        VirtualSize = virtualSize;
        GuestClusters = DivideUp(virtualSize, ClusterSize);
        _stored = new ulong[DivideUp(GuestClusters, 64)];
        Mark(extents);
        DataClusters = _stored.Sum(word => (long)BitOperations.PopCount(word));

        _l1Entries = Math.Max(1, DivideUp(GuestClusters, EntriesPerTable));
        _l1Clusters = DivideUp(_l1Entries, EntriesPerTable);
        for (long table = 0; table < _l1Entries; table++)
            _l2Tables += HasData(table) ? 1 : 0;

        // Refcount blocks count themselves and their table: grow until they cover what they are part of.
        var others = 1 + _l1Clusters + _l2Tables + DataClusters;
        long needed;
        do
        {
            needed = _refcountBlocks;
            _refcountTableClusters = Math.Max(1, DivideUp(needed, EntriesPerTable));
            _refcountBlocks = DivideUp(others + _refcountTableClusters + needed, RefcountsPerBlock);
        }
        while (needed != _refcountBlocks);
        MetadataClusters = 1 + _refcountTableClusters + _refcountBlocks + _l1Clusters + _l2Tables;
    }

    public long VirtualSize { get; }

    /// <summary>Clusters of the disk, stored or not.</summary>
    public long GuestClusters { get; }

    public long DataClusters { get; }

    /// <summary>Clusters before the first one with data.</summary>
    public long MetadataClusters { get; }

    public long FileLength => (MetadataClusters + DataClusters) * ClusterSize;

    /// <summary>The number of clusters from <paramref name="guestCluster"/> on that are stored without a gap, at most <paramref name="limit"/>.</summary>
    public long StoredRun(long guestCluster, long limit)
    {
        long run = 0;
        while (run < limit && guestCluster + run < GuestClusters && IsStored(guestCluster + run))
            run++;
        return run;
    }

    /// <summary>The first stored cluster at or after <paramref name="guestCluster"/>; there must be one.</summary>
    public long NextStored(long guestCluster)
    {
        var word = guestCluster / 64;
        var bits = _stored[word] & (ulong.MaxValue << (int)(guestCluster % 64));
        while (bits == 0)
            bits = _stored[++word];
        return (word * 64) + BitOperations.TrailingZeroCount(bits);
    }

    /// <summary>Fills the cluster of metadata at <paramref name="index"/>. To be called for each in ascending order, once.</summary>
    public void WriteMetadata(long index, Span<byte> cluster)
    {
        cluster.Clear();
        var refcountTable = 1L;
        var refcountBlocks = refcountTable + _refcountTableClusters;
        var l1 = refcountBlocks + _refcountBlocks;
        var l2 = l1 + _l1Clusters;
        if (index == 0)
            Header(refcountTable, l1).WriteTo(cluster);
        else if (index < refcountBlocks)
            WriteRefcountTable((index - refcountTable) * EntriesPerTable, refcountBlocks, cluster);
        else if (index < l1)
            WriteRefcounts((index - refcountBlocks) * RefcountsPerBlock, cluster);
        else if (index < l2)
            WriteL1((index - l1) * EntriesPerTable, l2, cluster);
        else
            WriteL2(cluster);
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

    private void WriteL1(long firstTable, long tablesAt, Span<byte> cluster)
    {
        var count = (int)Math.Min(EntriesPerTable, _l1Entries - firstTable);
        for (var i = 0; i < count; i++)
        {
            if (HasData(firstTable + i))
                BinaryPrimitives.WriteUInt64BigEndian(cluster[(i * 8)..], Copied | (ulong)((tablesAt + _nextL2Table++) * ClusterSize));
        }
    }

    private void WriteL2(Span<byte> cluster)
    {
        while (!HasData(_nextL2Slice))
            _nextL2Slice++;
        var first = _nextL2Slice++ * EntriesPerTable;
        var count = (int)Math.Min(EntriesPerTable, GuestClusters - first);
        for (var i = 0; i < count; i++)
        {
            if (IsStored(first + i))
                BinaryPrimitives.WriteUInt64BigEndian(cluster[(i * 8)..], Copied | (ulong)((MetadataClusters + _nextDataCluster++) * ClusterSize));
        }
    }

    private void Mark(IEnumerable<DiskExtent> extents)
    {
        long at = 0;
        foreach (var extent in extents)
        {
            if (extent.Offset != at || extent.Length <= 0 || extent.Length > VirtualSize - at)
                throw new ArgumentException($"The extent ({extent.Offset}, {extent.Length}) does not continue at {at}: extents cover the disk of {VirtualSize} bytes in order, without gaps.", nameof(extents));
            at = extent.End;
            if (extent.IsZero)
                continue;
            var last = (extent.End - 1) / ClusterSize;
            for (var cluster = extent.Offset / ClusterSize; cluster <= last; cluster++)
                _stored[cluster / 64] |= 1UL << (int)(cluster % 64);
        }

        if (at != VirtualSize)
            throw new ArgumentException($"The extents end at {at}, the disk at {VirtualSize}.", nameof(extents));
    }

    private bool IsStored(long guestCluster) => (_stored[guestCluster / 64] & (1UL << (int)(guestCluster % 64))) != 0;

    /// <summary>Whether an L2 table would name any data.</summary>
    private bool HasData(long table)
    {
        var first = (int)(table * EntriesPerTable / 64);
        return first < _stored.Length
            && _stored.AsSpan(first, Math.Min(EntriesPerTable / 64, _stored.Length - first)).ContainsAnyExcept(0UL);
    }

    private static long DivideUp(long value, long by) => (value + by - 1) / by;
}
