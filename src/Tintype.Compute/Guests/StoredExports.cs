using System.Runtime.CompilerServices;
using Tintype.Images.Data;
using Tintype.Qemu.Disks;
using Tintype.Qemu.Nbd;
using Tintype.Storage;

namespace Tintype.Compute.Guests;

/// <summary>Stored disks as QEMU reads them: an export's name is the blob's id.</summary>
internal sealed class StoredExports(IBlobReferences blobs) : INbdExports
{
    public static string NameOf(Guid blobId) => blobId.ToString();

    public async Task<INbdExport?> OpenAsync(string name, CancellationToken ct) =>
        Guid.TryParse(name, out var id) ? new Export(await blobs.OpenDiskAsync(id, ct)) : null;

    private sealed class Export(IStoredDisk disk) : INbdExport
    {
        public long Length => disk.Length;

        public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct) => disk.ReadAsync(offset, buffer, ct);

        public async IAsyncEnumerable<DiskExtent> ExtentsAsync(long offset, long length, [EnumeratorCancellation] CancellationToken ct)
        {
            await foreach (var extent in disk.ExtentsAsync(offset, length, ct))
                yield return new DiskExtent(extent.Offset, extent.Length, extent.IsZero);
        }

        public ValueTask DisposeAsync() => disk.DisposeAsync();
    }
}
