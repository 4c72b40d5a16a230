using CsCheck;
using Tintype.DiskFormats.Qcow2;
using Xunit;

namespace Tintype.Tests.DiskFormats.Qcow2;

public sealed class Qcow2StreamTests : IDisposable
{
    private const int Cluster = 64 * 1024;

    private readonly string _folder = Directory.CreateTempSubdirectory("tt-qcow2-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Lengths in sectors, so that extents begin and end anywhere in a cluster, and whether each is zero.</summary>
    private static readonly Gen<List<(int Sectors, bool IsZero)>> _extents =
        Gen.Select(Gen.Frequency((3, Gen.Int[1, 300]), (1, Gen.Int[1, 5000])), Gen.Bool).List[0, 12];

    [Fact]
    public async Task Qemu_reads_back_every_disk_that_was_written()
    {
        await Gen.Select(_extents, Gen.Int[1, 200_000]).SampleAsync(async (lengths, step) =>
        {
            var (disk, extents) = Disk(lengths);
            var name = Guid.NewGuid().ToString("N");
            var raw = Path.Combine(_folder, name + ".raw");
            var qcow2 = Path.Combine(_folder, name + ".qcow2");
            await File.WriteAllBytesAsync(raw, disk, TestContext.Current.CancellationToken);
            await File.WriteAllBytesAsync(qcow2, await ReadAllAsync(Stream(disk, extents), step), TestContext.Current.CancellationToken);

            var check = await QemuImg.RunAsync("check", "-f", "qcow2", qcow2);
            Assert.Contains("No errors were found on the image.", check, StringComparison.Ordinal);
            var compare = await QemuImg.RunAsync("compare", "-f", "raw", "-F", "qcow2", raw, qcow2);
            Assert.Contains("Images are identical.", compare, StringComparison.Ordinal);
            File.Delete(raw);
            File.Delete(qcow2);
        }, iter: 25, threads: 1);
    }

    [Fact]
    public async Task The_length_is_known_before_the_first_byte_and_kept()
    {
        await Gen.Select(_extents, Gen.Int[1, 200_000]).SampleAsync(async (lengths, step) =>
        {
            var (disk, extents) = Disk(lengths);
            var stream = Stream(disk, extents);
            var length = stream.Length;

            var bytes = await ReadAllAsync(stream, step);

            Assert.Equal(length, bytes.Length);
            Assert.Equal(bytes, await ReadAllAsync(Stream(disk, extents), Cluster));
        }, iter: 100, threads: 1);
    }

    [Fact]
    public async Task A_large_empty_disk_costs_its_tables_alone()
    {
        const long Size = 4L << 40;
        var stream = new Qcow2Stream(Size, [new DiskExtent(0, Size, IsZero: true)], (_, _, _) => throw new InvalidOperationException("Nothing to read."));
        var path = Path.Combine(_folder, "empty.qcow2");
        await File.WriteAllBytesAsync(path, await ReadAllAsync(stream, Cluster), TestContext.Current.CancellationToken);

        // Header, refcount table, refcount block, and an L1 of 8192 entries.
        Assert.Equal(4 * Cluster, stream.Length);
        await QemuImg.RunAsync("check", "-f", "qcow2", path);
        Assert.Contains($"({Size} bytes)", await QemuImg.RunAsync("info", "-f", "qcow2", path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refcounts_spread_over_several_blocks_when_the_file_needs_them()
    {
        // More than 2 GiB of stored data: one refcount block covers 32768 clusters. Ends within a cluster.
        const long Size = (2L << 30) + (96 << 20) + 512;
        var path = Path.Combine(_folder, "large.qcow2");
        await using (var file = File.Create(path))
        {
            await new Qcow2Stream(Size, [new DiskExtent(0, Size, IsZero: false)], (_, buffer, _) =>
            {
                buffer.Span.Clear();
                return ValueTask.CompletedTask;
            }).CopyToSparselyAsync(file, TestContext.Current.CancellationToken);
        }

        var check = await QemuImg.RunAsync("check", "-f", "qcow2", path);
        Assert.Contains("No errors were found on the image.", check, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 512, 1024, 512)] // a gap
    [InlineData(0, 1024, 512, 1024)] // an overlap
    [InlineData(0, 512, 512, 512)] // ends early
    [InlineData(0, 512, 512, 4096)] // ends late
    [InlineData(0, 0, 0, 1536)] // empty
    public void Extents_that_do_not_cover_the_disk_are_refused(long offset, long length, long secondOffset, long secondLength) =>
        Assert.Throws<ArgumentException>(() => new Qcow2Stream(
            1536, [new DiskExtent(offset, length, true), new DiskExtent(secondOffset, secondLength, true)], (_, _, _) => ValueTask.CompletedTask));

    [Theory]
    [InlineData(-512)]
    [InlineData(1000)]
    [InlineData((1L << 46) + 512)]
    public void A_size_that_no_disk_has_is_refused(long size) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Qcow2Stream(size, [], (_, _, _) => ValueTask.CompletedTask));

    private static (byte[] Disk, DiskExtent[] Extents) Disk(List<(int Sectors, bool IsZero)> lengths)
    {
        var extents = new List<DiskExtent>();
        foreach (var (sectors, isZero) in lengths)
            extents.Add(new DiskExtent(extents.Count == 0 ? 0 : extents[^1].End, sectors * 512L, isZero));
        var disk = new byte[extents.Count == 0 ? 0 : extents[^1].End];
        foreach (var extent in extents.Where(e => !e.IsZero))
        {
            // Every sector is told from every other one.
            for (var at = extent.Offset; at < extent.End; at++)
                disk[at] = (byte)((at / 512 * 31) + at + 1);
        }

        return (disk, [.. extents]);
    }

    private static Qcow2Stream Stream(byte[] disk, DiskExtent[] extents) => new(disk.Length, extents, (offset, buffer, _) =>
    {
        disk.AsMemory((int)offset, buffer.Length).CopyTo(buffer);
        return ValueTask.CompletedTask;
    });

    private static async Task<byte[]> ReadAllAsync(Qcow2Stream stream, int step)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, step, TestContext.Current.CancellationToken);
        return bytes.ToArray();
    }
}

internal static class SparseCopy
{
    /// <summary>Leaves blocks of zeros as holes: the test writes gigabytes that need no disk.</summary>
    public static async Task CopyToSparselyAsync(this Stream source, FileStream target, CancellationToken ct)
    {
        var buffer = new byte[256 * 1024];
        int read;
        while ((read = await source.ReadAsync(buffer, ct)) > 0)
        {
            if (buffer.AsSpan(0, read).ContainsAnyExcept((byte)0))
                await target.WriteAsync(buffer.AsMemory(0, read), ct);
            else
                target.Seek(read, SeekOrigin.Current);
        }

        target.SetLength(target.Position);
    }
}
