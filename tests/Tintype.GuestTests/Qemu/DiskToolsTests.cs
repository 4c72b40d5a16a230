using System.Globalization;
using System.Text.Json.Nodes;
using CliWrap;
using CliWrap.Buffered;
using Tintype.Qemu.Disks;
using Tintype.Qemu.Process;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Qemu;

/// <summary>A disk chain read over NBD, against what qemu-img makes of the same chain.</summary>
public sealed class DiskToolsTests : IDisposable
{
    private const int Mib = 1024 * 1024;
    private const uint Uid = 1_900_000_000;

    private readonly TemporaryDirectory _folder = new();

    private string Exports => _folder.Combine("exports");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("raw")]
    [InlineData("qcow2")]
    [InlineData("vmdk")]
    public async Task A_chain_reads_as_qemu_img_converts_it(string baseFormat)
    {
        var ct = TestContext.Current.CancellationToken;
        var random = new Random(20261123);
        var raw = _folder.Combine("base.raw");
        await WriteScatteredAsync(raw, 96 * Mib, random);
        var bottom = _folder.Combine("base");
        await RunAsync("qemu-img", "convert", "-f", "raw", "-O", baseFormat, raw, bottom);
        var tools = new DiskTools(Exports);
        var overlay = _folder.Combine("overlay.qcow2");
        await tools.CreateOverlayAsync(overlay, new DiskLayer(bottom, baseFormat), 128 * Mib, ct);
        for (var i = 0; i < 12; i++)
            await RunAsync("qemu-io", "-f", "qcow2", "-c", string.Create(CultureInfo.InvariantCulture, $"write -P {random.Next(1, 255)} {random.Next(0, 127 * 16) * 64}k {random.Next(1, 64)}k"), overlay);
        await RunAsync("qemu-io", "-f", "qcow2", "-c", "write -z 10M 5M", overlay);
        var expected = _folder.Combine("expected.raw");
        await RunAsync("qemu-img", "convert", "-f", "qcow2", "-O", "raw", overlay, expected);

        await using (var disk = await tools.OpenAsync([new DiskLayer(overlay, "qcow2"), new DiskLayer(bottom, baseFormat)], Uid, ct))
        {
            Assert.Equal(128L * Mib, disk.Length);
            var bytes = await File.ReadAllBytesAsync(expected, ct);
            long at = 0;
            long zeros = 0;
            await foreach (var extent in disk.ExtentsAsync(ct))
            {
                Assert.Equal(at, extent.Offset);
                at += extent.Length;
                var there = new byte[extent.Length];
                await disk.ReadAsync(extent.Offset, there, ct);
                Assert.True(bytes.AsSpan((int)extent.Offset, there.Length).SequenceEqual(there), $"{extent} differs");
                if (extent.IsZero)
                {
                    Assert.False(there.AsSpan().ContainsAnyExcept((byte)0), $"{extent} is not zero");
                    zeros += extent.Length;
                }
            }

            Assert.Equal(disk.Length, at);
            Assert.True(zeros > 64 * Mib, $"only {zeros} bytes were known to be zero");
            if (Environment.IsPrivilegedProcess)
                await AssertConfinedAsync(Directory.EnumerateFiles(Exports, "qemu.pid", SearchOption.AllDirectories).Single());
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(Exports));
    }

    [Theory]
    [InlineData(1L << 20)]
    [InlineData(10L << 30)]
    [InlineData((1000L << 30) + 512)]
    [InlineData(60L << 40)]
    public async Task New_disks_are_what_qemu_img_makes(long size)
    {
        var ct = TestContext.Current.CancellationToken;
        var below = _folder.Combine("below.raw");
        await RunAsync("qemu-img", "create", "-q", "-f", "raw", below, "1M");
        var (ours, theirs, empty) = (_folder.Combine("ours.qcow2"), _folder.Combine("theirs.qcow2"), _folder.Combine("empty.qcow2"));
        await new DiskTools(Exports).CreateOverlayAsync(ours, new DiskLayer(below, "raw"), size, ct);
        await RunAsync("qemu-img", "create", "-q", "-f", "qcow2", "-u", "-b", below, "-F", "raw", theirs, size.ToString(CultureInfo.InvariantCulture));
        await RunAsync("qemu-img", "bitmap", "-f", "qcow2", "--add", "-g", "65536", theirs, IDiskTools.FirstBitmap);
        await new DiskTools(Exports).CreateEmptyAsync(empty, size, ct);

        Assert.Equal(await DescribedAsync(theirs), await DescribedAsync(ours));
        await RunAsync("qemu-img", "check", "-q", "-f", "qcow2", ours);
        await RunAsync("qemu-img", "check", "-q", "-f", "qcow2", empty);
        // It takes data at both ends, the bitmap notes them, and all is in order still.
        foreach (var disk in (string[])[ours, empty])
        {
            await RunAsync("qemu-io", "-f", "qcow2", "-c", "write -P 7 0 64k", "-c", string.Create(CultureInfo.InvariantCulture, $"write -P 8 {size - 512} 512"), disk);
            await RunAsync("qemu-img", "check", "-q", "-f", "qcow2", disk);
            await RunAsync("qemu-io", "-f", "qcow2", "-c", "read -P 7 0 64k", "-c", string.Create(CultureInfo.InvariantCulture, $"read -P 8 {size - 512} 512"), disk);
        }
    }

    // Its file's name and size are its own; all else QEMU tells of both alike.
    private static async Task<string> DescribedAsync(string disk)
    {
        var told = JsonNode.Parse((await Cli.Wrap("qemu-img").WithArguments(["info", "-f", "qcow2", "--output=json", disk]).ExecuteBufferedAsync(TestContext.Current.CancellationToken)).StandardOutput)!.AsObject();
        told.Remove("filename");
        told.Remove("actual-size");
        return told.ToJsonString();
    }

    [Fact]
    public async Task A_header_that_names_a_backing_file_is_not_followed()
    {
        var ct = TestContext.Current.CancellationToken;
        var secret = _folder.Combine("secret");
        await File.WriteAllBytesAsync(secret, [.. Enumerable.Repeat((byte)'s', Mib)], ct);
        var hostile = _folder.Combine("hostile.qcow2");
        await RunAsync("qemu-img", "create", "-q", "-f", "qcow2", "-b", secret, "-F", "raw", hostile);

        await using var disk = await new DiskTools(Exports).OpenAsync([new DiskLayer(hostile, "qcow2")], Uid, ct);
        var there = new byte[Mib];
        await disk.ReadAsync(0, there, ct);
        Assert.False(there.AsSpan().ContainsAnyExcept((byte)0));
    }

    [Fact]
    public async Task A_file_that_is_not_what_it_is_called_is_refused_with_the_words_of_qemu()
    {
        var broken = _folder.Combine("broken.qcow2");
        await File.WriteAllBytesAsync(broken, new byte[Mib], TestContext.Current.CancellationToken);
        var refused = await Assert.ThrowsAsync<DiskToolException>(() =>
            new DiskTools(Exports).OpenAsync([new DiskLayer(broken, "qcow2")], Uid, TestContext.Current.CancellationToken));
        Assert.Contains("qcow2", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Exports));
    }

    [Fact]
    public async Task A_header_gets_no_more_memory_than_a_disk_needs()
    {
        // Where a VDI says how large its disk is, and of how many blocks: the map of 400 TiB has 1.6 GB, and is a hole here.
        const int DiskSizeAt = 0x170;
        const int BlocksAt = 0x180;
        var hostile = _folder.Combine("hostile.vdi");
        await RunAsync("qemu-img", "create", "-q", "-f", "vdi", hostile, "1M");
        await using (var file = File.OpenWrite(hostile))
        {
            file.Position = DiskSizeAt;
            file.Write(BitConverter.GetBytes(400L << 40));
            file.Position = BlocksAt;
            file.Write(BitConverter.GetBytes(400 << 20));
            file.SetLength(3L << 30);
        }

        var refused = await Assert.ThrowsAsync<DiskToolException>(() =>
            new DiskTools(Exports).OpenAsync([new DiskLayer(hostile, "vdi")], Uid, TestContext.Current.CancellationToken));

        Assert.Contains("Cannot allocate memory", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Exports));
    }

    [Fact]
    public async Task An_overlay_alone_tells_what_it_holds_and_by_its_bitmap_what_was_written_since()
    {
        var overlay = await MakeOverlayAsync();
        var before = new[] { new ChangedExtent(4 * Mib, Mib, Change.Data) };
        var since = new[] { new ChangedExtent(16 * Mib, 2 * Mib, Change.Data), new ChangedExtent(32 * Mib, 4 * Mib, Change.Zeros) };
        await RunAsync("qemu-img", "bitmap", "--add", "-g", "65536", overlay, "later");
        await RunAsync("qemu-io", "-f", "qcow2", "-c", "write -P 2 16M 2M", "-c", "write -z 32M 4M", overlay);

        await AssertChangesAsync(overlay, null, null, [.. before, .. since]);
        await AssertChangesAsync(overlay, "later", "later", since);
        await AssertChangesAsync(overlay, "tintype-1", null, [.. before, .. since]);
    }

    [Fact]
    public async Task A_bitmap_that_a_killed_process_did_not_save_or_that_did_not_record_is_not_gone_by()
    {
        var overlay = await MakeOverlayAsync();
        var all = new[] { new ChangedExtent(4 * Mib, Mib, Change.Data), new ChangedExtent(16 * Mib, 2 * Mib, Change.Data) };
        await RunAsync("qemu-img", "bitmap", "--add", "-g", "65536", overlay, "killed");
        await RunAsync("qemu-img", "bitmap", "--add", "--disable", "-g", "65536", overlay, "deaf");
        await Cli.Wrap("qemu-io").WithArguments(["-f", "qcow2", "-c", "write -P 2 16M 2M", "-c", "flush", "-c", "abort", overlay])
            .WithValidation(CommandResultValidation.None).ExecuteAsync(TestContext.Current.CancellationToken);

        await AssertChangesAsync(overlay, "killed", null, all);
        await AssertChangesAsync(overlay, "deaf", null, all);
    }

    private async Task<string> MakeOverlayAsync()
    {
        var bottom = _folder.Combine("base.raw");
        await WriteScatteredAsync(bottom, 96 * Mib, new Random(20261128));
        var overlay = _folder.Combine("overlay.qcow2");
        await new DiskTools(Exports).CreateOverlayAsync(overlay, new DiskLayer(bottom, "raw"), 128 * Mib, TestContext.Current.CancellationToken);
        await RunAsync("qemu-io", "-f", "qcow2", "-c", "write -P 1 4M 1M", overlay);
        return overlay;
    }

    private async Task AssertChangesAsync(string overlay, string? bitmap, string? trusted, ChangedExtent[] expected)
    {
        await using var disk = await new DiskTools(Exports).OpenOverlayAsync(new DiskLayer(overlay, "qcow2"), bitmap, Uid, TestContext.Current.CancellationToken);
        Assert.Equal(128L * Mib, disk.Length);
        var changes = new List<ChangedExtent>();
        var at = 0L;
        await foreach (var run in disk.ChangesAsync(TestContext.Current.CancellationToken))
        {
            Assert.Equal(at, run.Offset);
            at += run.Length;
            if (run.Change != Change.None)
                changes.Add(run);
        }

        Assert.Equal(disk.Length, at);
        Assert.Equal(expected, changes);
        Assert.Equal(trusted, disk.Bitmap);
    }

    private static async Task AssertConfinedAsync(string pidFile)
    {
        var status = await File.ReadAllLinesAsync($"/proc/{(await File.ReadAllTextAsync(pidFile)).Trim()}/status");
        Assert.Contains($"Uid:\t{Uid}\t{Uid}\t{Uid}\t{Uid}", status);
        Assert.Contains("NoNewPrivs:\t1", status);
        Assert.Contains("CapEff:\t0000000000000000", status);
        Assert.Contains("Seccomp:\t2", status);
    }

    private static async Task WriteScatteredAsync(string path, long length, Random random)
    {
        await using var file = File.Create(path);
        file.SetLength(length);
        for (var i = 0; i < 20; i++)
        {
            var run = new byte[random.Next(1, 512) * 1024];
            random.NextBytes(run);
            file.Position = random.NextInt64(0, (length - run.Length) / 512) * 512;
            await file.WriteAsync(run);
        }
    }

    private static async Task RunAsync(string program, params string[] arguments) =>
        await Cli.Wrap(program).WithArguments(arguments).ExecuteAsync(TestContext.Current.CancellationToken);
}
