using Tintype.DiskFormats;
using Tintype.Qemu.Disks;

namespace Tintype.Snapshots.Conversion;

/// <summary>A disk as the bytes the guest sees, front to back. Runs of zeros are produced without reading. Asynchronous only.</summary>
internal sealed class RawDiskStream(IDiskReader disk) : ForwardStream
{
    private IAsyncEnumerator<DiskExtent>? _extents;
    private DiskExtent _extent;
    private long _position;

    public override long Length => disk.Length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _position == disk.Length)
            return 0;
        while (_position >= _extent.Offset + _extent.Length)
            await NextExtentAsync(cancellationToken);

        var count = (int)Math.Min(buffer.Length, _extent.Offset + _extent.Length - _position);
        if (_extent.IsZero)
            buffer.Span[..count].Clear();
        else
            await disk.ReadAsync(_position, buffer[..count], cancellationToken);
        _position += count;
        return count;
    }

    private async ValueTask NextExtentAsync(CancellationToken ct)
    {
        _extents ??= disk.ExtentsAsync(ct).GetAsyncEnumerator(ct);
        if (!await _extents.MoveNextAsync())
            throw new EndOfStreamException($"The disk's map ends at {_position} of {disk.Length} bytes.");
        _extent = _extents.Current;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_extents is not null)
            await _extents.DisposeAsync();
        await base.DisposeAsync();
    }
}
