using Tintype.Compute.Servers;
using Tintype.DiskFormats;
using Tintype.Qemu.Disks;

namespace Tintype.Snapshots.Conversion;

/// <summary>A stream together with the process that it reads from: with it both end.</summary>
internal sealed class OwnedStream(Stream inner, IDiskReader disk, IsolationLease lease) : ForwardStream
{
    public override long Length => inner.Length;

    public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await disk.DisposeAsync();
        lease.Dispose();
        await base.DisposeAsync();
    }
}
