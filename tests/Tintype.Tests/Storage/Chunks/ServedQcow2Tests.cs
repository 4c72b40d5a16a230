using Tintype.Storage;
using Tintype.Storage.Chunks;
using Tintype.Storage.Local;
using Tintype.Tests.DiskFormats;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.Tests.Storage.Chunks;

/// <summary>What the store serves, as QEMU sees it.</summary>
public sealed class ServedQcow2Tests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly ChunkStore _store;

    public ServedQcow2Tests() => _store = new ChunkStore("chunks",
        LocalStore.Open("chunks", _folder.Combine("records")), LocalStore.Open("chunks", _folder.Combine("packs")), new MemoryIndex());

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Qemu_finds_no_fault_in_the_file_and_the_disk_in_it()
    {
        var random = new Random(23);
        Guid? basis = null;
        var content = new byte[48 << 20];
        for (var round = 0; round < 6; round++)
        {
            // Grows, ends within a cluster, and has data beyond the first L2 table at the end.
            var length = round < 3 ? content.Length : (512L << 20) + (random.Next(1, 4000) * 512);
            var id = Guid.NewGuid();
            await using (var writer = await _store.CreateDiskAsync(id, length, DiskFileFormat.Qcow2, basis, Ct))
            {
                while (writer.Position < length)
                {
                    await writer.KeepAsync(Math.Min(length - writer.Position, random.Next(1, 40_000) * 512), Ct);
                    var piece = new byte[Math.Min(length - writer.Position, random.Next(1, 1000) * 512)];
                    random.NextBytes(piece);
                    await writer.WriteAsync(piece, Ct);
                    await writer.WriteZerosAsync(Math.Min(length - writer.Position, random.Next(0, 20_000) * 512), Ct);
                }

                await writer.CommitAsync(Ct);
            }

            await CheckAsync(id);
            basis = id;
        }
    }

    private async Task CheckAsync(Guid id)
    {
        var (raw, qcow2) = (_folder.Combine("disk.raw"), _folder.Combine("disk.qcow2"));
        await using (var file = File.Create(qcow2))
        {
            await using var served = await _store.OpenReadAsync(id, Ct);
            await served.CopyToAsync(file, Ct);
        }

        await using (var disk = await _store.OpenDiskAsync(id, Ct))
        await using (var file = File.Create(raw))
        {
            file.SetLength(disk.Length);
            await foreach (var extent in disk.ExtentsAsync(0, disk.Length, Ct))
            {
                if (extent.IsZero)
                    continue;
                var bytes = new byte[extent.Length];
                await disk.ReadAsync(extent.Offset, bytes, Ct);
                await RandomAccess.WriteAsync(file.SafeFileHandle, bytes, extent.Offset, Ct);
            }
        }

        Assert.Contains("No errors were found on the image.", await QemuImg.RunAsync("check", "-f", "qcow2", qcow2), StringComparison.Ordinal);
        Assert.Contains("Images are identical.", await QemuImg.RunAsync("compare", "-f", "raw", "-F", "qcow2", raw, qcow2), StringComparison.Ordinal);
    }
}
