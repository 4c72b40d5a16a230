using System.Numerics;

namespace Tintype.DiskFormats.Qcow2;

/// <summary>Which clusters of a disk are stored. Holds one bit a cluster: 2 KiB for each GiB of disk.</summary>
internal sealed class ClusterMap
{
    private const int WordsPerTable = Qcow2Layout.ClustersPerTable / 64;

    private readonly ulong[] _stored;

    /// <param name="extents">The whole disk from 0 to its end, in order, without gaps. A cluster that is touched by an extent with data is stored.</param>
    /// <exception cref="ArgumentException">The extents leave a gap, overlap, or do not end with the disk.</exception>
    public ClusterMap(long virtualSize, IEnumerable<DiskExtent> extents)
    {
        Qcow2Layout.RefuseSize(virtualSize);
        _stored = new ulong[Qcow2Layout.DivideUp(Qcow2Layout.DivideUp(virtualSize, Qcow2Layout.ClusterSize), 64)];
        Mark(virtualSize, extents);
    }

    public IEnumerable<Qcow2Table> Tables()
    {
        for (var table = 0; (long)table * WordsPerTable < _stored.Length; table++)
        {
            var clusters = 0;
            foreach (var word in Words(table))
                clusters += BitOperations.PopCount(word);
            if (clusters > 0)
                yield return new Qcow2Table(table, clusters);
        }
    }

    public ValueTask ReadAsync(int table, Memory<ulong> stored, CancellationToken ct)
    {
        Words(table).CopyTo(stored.Span);
        return ValueTask.CompletedTask;
    }

    private ReadOnlySpan<ulong> Words(int table) =>
        _stored.AsSpan(table * WordsPerTable, Math.Min(WordsPerTable, _stored.Length - (table * WordsPerTable)));

    private void Mark(long virtualSize, IEnumerable<DiskExtent> extents)
    {
        long at = 0;
        foreach (var extent in extents)
        {
            if (extent.Offset != at || extent.Length <= 0 || extent.Length > virtualSize - at)
                throw new ArgumentException($"The extent ({extent.Offset}, {extent.Length}) does not continue at {at}: extents cover the disk of {virtualSize} bytes in order, without gaps.", nameof(extents));
            at = extent.End;
            if (extent.IsZero)
                continue;
            var last = (extent.End - 1) / Qcow2Layout.ClusterSize;
            for (var cluster = extent.Offset / Qcow2Layout.ClusterSize; cluster <= last; cluster++)
                _stored[cluster / 64] |= 1UL << (int)(cluster % 64);
        }

        if (at != virtualSize)
            throw new ArgumentException($"The extents end at {at}, the disk at {virtualSize}.", nameof(extents));
    }
}
