namespace Tintype.DiskFormats.Qcow2;

/// <summary>
/// A disk as a qcow2 version 3 file, made while it is read: forward only, its length known beforehand, its bytes determined by the
/// disk's content and extents alone. Runs of zeros are not stored. Holds one cluster and one bit for each cluster of the disk.
/// Reading is asynchronous only. The source must not change while the stream is read.
/// </summary>
public sealed class Qcow2Stream : ForwardStream
{
    private readonly Qcow2Layout _layout;
    private readonly DiskReader _read;
    private readonly byte[] _metadata = GC.AllocateUninitializedArray<byte>(Qcow2Layout.ClusterSize);
    private long _metadataIndex = -1;
    private long _guestCluster;
    private long _position;

    /// <param name="virtualSize">Bytes of the disk, a multiple of 512, at most 64 TiB.</param>
    /// <param name="extents">The whole disk from 0 to <paramref name="virtualSize"/>, in order, without gaps; enumerated once, here.
    /// Boundaries need no alignment: a cluster that is touched by an extent with data is stored, and read, whole.</param>
    /// <param name="read">Reads the disk, each range at most once and in ascending order.</param>
    /// <exception cref="ArgumentException">The extents leave a gap, overlap, or do not end with the disk.</exception>
    public Qcow2Stream(long virtualSize, IEnumerable<DiskExtent> extents, DiskReader read)
    {
        ArgumentNullException.ThrowIfNull(extents);
        ArgumentNullException.ThrowIfNull(read);
        _layout = new Qcow2Layout(virtualSize, extents);
        _read = read;
    }

    /// <summary>Bytes of the finished file.</summary>
    public override long Length => _layout.FileLength;

    /// <summary>Bytes of the disk that the file stores, in whole clusters: what will be read from the source.</summary>
    public long StoredBytes => _layout.DataClusters * Qcow2Layout.ClusterSize;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _position == Length)
            return 0;
        var cluster = _position / Qcow2Layout.ClusterSize;
        var within = (int)(_position % Qcow2Layout.ClusterSize);
        var count = cluster < _layout.MetadataClusters
            ? CopyMetadata(cluster, within, buffer.Span)
            : await ReadDataAsync(within, buffer, cancellationToken);
        _position += count;
        return count;
    }

    private int CopyMetadata(long cluster, int within, Span<byte> buffer)
    {
        if (_metadataIndex != cluster)
            _layout.WriteMetadata(_metadataIndex = cluster, _metadata);
        var count = Math.Min(buffer.Length, Qcow2Layout.ClusterSize - within);
        _metadata.AsSpan(within, count).CopyTo(buffer);
        return count;
    }

    /// <summary>Straight into the caller's buffer, as far as clusters are stored without a gap.</summary>
    private async ValueTask<int> ReadDataAsync(int within, Memory<byte> buffer, CancellationToken ct)
    {
        if (within == 0)
            _guestCluster = _layout.NextStored(_guestCluster);
        var wanted = (within + (long)buffer.Length + Qcow2Layout.ClusterSize - 1) / Qcow2Layout.ClusterSize;
        var run = _layout.StoredRun(_guestCluster, wanted);
        var start = (_guestCluster * Qcow2Layout.ClusterSize) + within;
        var count = (int)Math.Min(buffer.Length, (run * Qcow2Layout.ClusterSize) - within);

        // The disk may end within its last cluster, the file does not.
        var onDisk = (int)Math.Clamp(_layout.VirtualSize - start, 0, count);
        if (onDisk > 0)
            await _read(start, buffer[..onDisk], ct);
        buffer.Span[onDisk..count].Clear();
        _guestCluster = (start + count) / Qcow2Layout.ClusterSize;
        return count;
    }
}
