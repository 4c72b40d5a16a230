using System.Buffers.Binary;
using System.Numerics;

namespace Tintype.DiskFormats.Qcow2;

/// <summary>Tells which clusters of the disk are stored, of those that one L2 table is for: a bit each, in their order.</summary>
/// <param name="stored">All zeros; one bit for each of <see cref="Qcow2Layout.ClustersPerTable"/>.</param>
public delegate ValueTask ClusterReader(int table, Memory<ulong> stored, CancellationToken ct);

/// <summary>Fills each piece with the disk's bytes from its offset; pieces lie within the disk.</summary>
public delegate ValueTask DiskPiecesReader(IReadOnlyList<DiskPiece> pieces, CancellationToken ct);

/// <summary>Bytes of a disk that are wanted, and where.</summary>
public readonly record struct DiskPiece(long Offset, Memory<byte> Target);

/// <summary>
/// Reads any part of the qcow2 file that a <see cref="Qcow2Layout"/> describes, making it on the way. Holds one cluster, and the map of
/// one L2 table, so that reading on costs little; serves one reader at a time.
/// </summary>
public sealed class Qcow2Reader(Qcow2Layout layout, ClusterReader clusters, DiskPiecesReader disk)
{
    private readonly byte[] _metadata = GC.AllocateUninitializedArray<byte>(Qcow2Layout.ClusterSize);
    private readonly ulong[] _stored = new ulong[Qcow2Layout.ClustersPerTable / 64];
    private long _metadataIndex = -1;
    private int _table = -1;

    public Qcow2Layout Layout => layout;

    /// <summary>Fills <paramref name="buffer"/> with the file's bytes from <paramref name="offset"/>; the range lies within the file.</summary>
    /// <exception cref="InvalidDataException">The disk is not what the layout was made for.</exception>
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct)
    {
        var pieces = new List<DiskPiece>();
        while (!buffer.IsEmpty)
        {
            var cluster = offset / Qcow2Layout.ClusterSize;
            var within = (int)(offset % Qcow2Layout.ClusterSize);
            var count = cluster < layout.MetadataClusters
                ? await CopyMetadataAsync(cluster, within, buffer, ct)
                : await AddPieceAsync(cluster - layout.MetadataClusters, within, buffer, pieces, ct);
            buffer = buffer[count..];
            offset += count;
        }

        if (pieces.Count > 0)
            await disk(pieces, ct);
    }

    private async ValueTask<int> CopyMetadataAsync(long cluster, int within, Memory<byte> buffer, CancellationToken ct)
    {
        if (_metadataIndex != cluster)
        {
            // Until it is whole, it is none.
            _metadataIndex = -1;
            if (cluster < layout.FirstTable)
                layout.WriteMetadata(cluster, _metadata);
            else
                await WriteTableAsync((int)(cluster - layout.FirstTable), ct);
            _metadataIndex = cluster;
        }

        var count = Math.Min(buffer.Length, Qcow2Layout.ClusterSize - within);
        _metadata.AsMemory(within, count).CopyTo(buffer);
        return count;
    }

    private async ValueTask WriteTableAsync(int index, CancellationToken ct)
    {
        await LoadAsync(index, ct);
        _metadata.AsSpan().Clear();
        var next = layout.MetadataClusters + layout.DataBefore(index);
        for (var i = 0; i < Qcow2Layout.ClustersPerTable; i++)
        {
            if (IsStored(i))
                BinaryPrimitives.WriteUInt64BigEndian(_metadata.AsSpan(i * 8), Qcow2Layout.Copied | (ulong)(next++ * Qcow2Layout.ClusterSize));
        }
    }

    /// <summary>Straight into the caller's buffer, as far as clusters are stored without a gap and named by one table.</summary>
    private async ValueTask<int> AddPieceAsync(long dataCluster, int within, Memory<byte> buffer, List<DiskPiece> pieces, CancellationToken ct)
    {
        var index = layout.TableOf(dataCluster);
        await LoadAsync(index, ct);
        var first = Find((int)(dataCluster - layout.DataBefore(index)));
        var last = first + 1;
        while (last < Qcow2Layout.ClustersPerTable && IsStored(last) && ((long)(last - first) * Qcow2Layout.ClusterSize) - within < buffer.Length)
            last++;
        var start = (((long)layout.TableAt(index) * Qcow2Layout.ClustersPerTable) + first) * Qcow2Layout.ClusterSize + within;
        var count = (int)Math.Min(buffer.Length, ((long)(last - first) * Qcow2Layout.ClusterSize) - within);

        // The disk may end within its last cluster, the file does not.
        var onDisk = (int)Math.Clamp(layout.VirtualSize - start, 0, count);
        if (onDisk > 0)
            pieces.Add(new DiskPiece(start, buffer[..onDisk]));
        buffer.Span[onDisk..count].Clear();
        return count;
    }

    private async ValueTask LoadAsync(int index, CancellationToken ct)
    {
        if (_table == index)
            return;
        _table = -1;
        Array.Clear(_stored);
        await clusters(layout.TableAt(index), _stored, ct);
        var found = 0;
        foreach (var word in _stored)
            found += BitOperations.PopCount(word);
        var expected = layout.DataBefore(index + 1) - layout.DataBefore(index);
        if (found != expected)
            throw new InvalidDataException($"Of the clusters of the table {layout.TableAt(index)} {found} are stored; the file was laid out for {expected}.");
        _table = index;
    }

    /// <summary>The place in the table of its <paramref name="rank"/>th cluster that is stored.</summary>
    private int Find(int rank)
    {
        var word = 0;
        for (int here; rank >= (here = BitOperations.PopCount(_stored[word])); word++)
            rank -= here;
        var bits = _stored[word];
        for (; rank > 0; rank--)
            bits &= bits - 1;
        return (word * 64) + BitOperations.TrailingZeroCount(bits);
    }

    private bool IsStored(int cluster) => (_stored[cluster / 64] & (1UL << (cluster % 64))) != 0;
}
