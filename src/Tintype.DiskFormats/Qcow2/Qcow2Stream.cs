namespace Tintype.DiskFormats.Qcow2;

/// <summary>
/// A disk as a qcow2 version 3 file, made while it is read: forward only, its length known beforehand, its bytes determined by the
/// disk's content and extents alone. Runs of zeros are not stored. Holds one cluster and one bit for each cluster of the disk.
/// Reading is asynchronous only. The source must not change while the stream is read.
/// </summary>
public sealed class Qcow2Stream : ForwardStream
{
    private readonly Qcow2Reader _file;
    private readonly DiskReader _read;
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
        var map = new ClusterMap(virtualSize, extents);
        _read = read;
        _file = new Qcow2Reader(new Qcow2Layout(virtualSize, map.Tables()), map.ReadAsync, ReadDiskAsync);
    }

    /// <summary>Bytes of the finished file.</summary>
    public override long Length => _file.Layout.FileLength;

    /// <summary>Bytes of the disk that the file stores, in whole clusters: what will be read from the source.</summary>
    public long StoredBytes => _file.Layout.DataClusters * Qcow2Layout.ClusterSize;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = (int)Math.Min(buffer.Length, Length - _position);
        await _file.ReadAsync(_position, buffer[..count], cancellationToken);
        _position += count;
        return count;
    }

    private async ValueTask ReadDiskAsync(IReadOnlyList<DiskPiece> pieces, CancellationToken ct)
    {
        foreach (var piece in pieces)
            await _read(piece.Offset, piece.Target, ct);
    }
}
