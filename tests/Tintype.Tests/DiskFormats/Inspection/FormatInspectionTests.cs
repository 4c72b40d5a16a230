using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Tintype.DiskFormats.Inspection;
using Xunit;

namespace Tintype.Tests.DiskFormats.Inspection;

/// <summary>Verdicts about what qemu-img writes, about what an attacker would write, and about noise.</summary>
public sealed class FormatInspectionTests : IDisposable
{
    private const int Disk = 4 * 1024 * 1024;

    private readonly string _folder = Directory.CreateTempSubdirectory("tt-inspect-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("qcow2", "compat=0.10")]
    [InlineData("qcow2", "compat=1.1,cluster_size=512")]
    [InlineData("qcow2", "compat=1.1,cluster_size=2M,lazy_refcounts=on")]
    [InlineData("qcow2", "compression_type=zstd")]
    [InlineData("qcow2", "extended_l2=on,cluster_size=128k")]
    [InlineData("vmdk", "subformat=monolithicSparse")]
    [InlineData("vmdk", "subformat=streamOptimized")]
    public async Task What_qemu_writes_passes_with_its_virtual_size(string format, string options)
    {
        var image = await ConvertAsync(format, options);

        Assert.Equal(new FormatFinding(format, Disk, null), Inspect(format, image));
        // The same data may be kept as plain bytes: it is only ever opened as such.
        Assert.Equal(new FormatFinding(format, image.Length, null), Inspect("raw", image));
        Assert.StartsWith("The image is declared as ", Inspect(format == "vmdk" ? "qcow2" : "vmdk", image).Refusal, StringComparison.Ordinal);
        Assert.StartsWith("The image is declared as vhd", Inspect("vhd", image).Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("monolithicFlat", "bare descriptor")]
    [InlineData("twoGbMaxExtentFlat", "bare descriptor")]
    [InlineData("twoGbMaxExtentSparse", "bare descriptor")]
    public async Task A_vmdk_of_several_files_is_refused(string subformat, string reason)
    {
        var image = await ConvertAsync("vmdk", $"subformat={subformat}");
        Assert.Contains(reason, Inspect("vmdk", image).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_qcow2_with_a_backing_file_is_refused()
    {
        var path = Path.Combine(_folder, "overlay.qcow2");
        await QemuImg.RunAsync("create", "-f", "qcow2", "-u", "-b", "/etc/passwd", "-F", "raw", path, "1M");
        Assert.Equal("Image failed safety checks: it names a backing file; flatten it first, with qemu-img convert.",
            Inspect("qcow2", await File.ReadAllBytesAsync(path, Ct)).Refusal);
    }

    [Fact]
    public async Task A_qcow2_with_its_data_elsewhere_is_refused()
    {
        var path = Path.Combine(_folder, "external.qcow2");
        await QemuImg.RunAsync("create", "-f", "qcow2", "-o", $"data_file={Path.Combine(_folder, "data")}", path, "1M");
        Assert.Contains("its data lies in another file", Inspect("qcow2", await File.ReadAllBytesAsync(path, Ct)).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vmdk_with_a_parent_is_refused()
    {
        var parent = Path.Combine(_folder, "parent.vmdk");
        await QemuImg.RunAsync("create", "-f", "vmdk", parent, "1M");
        var path = Path.Combine(_folder, "child.vmdk");
        await QemuImg.RunAsync("create", "-f", "vmdk", "-b", parent, "-F", "vmdk", path);
        Assert.Contains("it names a parent disk", Inspect("vmdk", await File.ReadAllBytesAsync(path, Ct)).Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, 9, 4, "its qcow2 version is 9")]
    [InlineData(20, 30, 4, "its clusters have 2^30 bytes")]
    [InlineData(36, 0, 4, "its L1 table has 0 entries where its disk needs 1")]
    [InlineData(36, 5_000_000, 4, "its L1 table has 5000000 entries, more than")]
    [InlineData(40, 1 << 30, 8, "its L1 table at 1073741824 does not lie within")]
    [InlineData(40, 100, 8, "its L1 table at 100 does not lie within")]
    [InlineData(48, 1 << 30, 8, "its refcount table at 1073741824 does not lie within")]
    [InlineData(56, 1 << 20, 4, "its refcount table has 1048576 clusters")]
    [InlineData(60, 70_000, 4, "it claims 70000 internal snapshots")]
    [InlineData(72, 32, 8, "it needs features that are not known (0x20)")]
    [InlineData(72, 1L << 62, 8, "it needs features that are not known (0x4000000000000000)")]
    [InlineData(96, 7, 4, "its refcounts have 2^7 bits")]
    [InlineData(100, 40, 4, "its header claims 40 bytes")]
    [InlineData(24, -1, 8, "its disk has 18446744073709551615 bytes")]
    public async Task A_qcow2_header_that_lies_is_refused(int field, long value, int width, string reason)
    {
        var image = await ConvertAsync("qcow2", "compat=1.1");
        if (width == 8)
            BinaryPrimitives.WriteInt64BigEndian(image.AsSpan(field), value);
        else
            BinaryPrimitives.WriteInt32BigEndian(image.AsSpan(field), (int)value);
        Assert.StartsWith($"Image failed safety checks: {reason}", Inspect("qcow2", image).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_a_container_the_format_may_not_show_but_what_shows_must_be_safe()
    {
        var path = Path.Combine(_folder, "overlay.qcow2");
        await QemuImg.RunAsync("create", "-f", "qcow2", "-u", "-b", "/etc/passwd", "-F", "raw", path, "1M");
        var hostile = new FormatInspection("qcow2", wrapped: true);
        hostile.Feed(await File.ReadAllBytesAsync(path, Ct));
        Assert.Contains("it names a backing file", hostile.Finish().Refusal, StringComparison.Ordinal);

        var archive = new FormatInspection("vmdk", wrapped: true);
        archive.Feed(new byte[10_240]);
        Assert.Equal(new FormatFinding("raw", null, null), archive.Finish());
    }

    [Fact]
    public async Task A_disk_of_petabytes_is_refused()
    {
        var path = Path.Combine(_folder, "huge.qcow2");
        await QemuImg.RunAsync("create", "-f", "qcow2", "-o", "cluster_size=2M", path, "1P");
        Assert.Contains($"its disk has {1L << 50} bytes, more than {1L << 46}", Inspect("qcow2", await File.ReadAllBytesAsync(path, Ct)).Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("createType=\"monolithicSparse\"", "createType=\"monolithicFlat\"", "its createType is monolithicFlat")]
    [InlineData("createType=\"monolithicSparse\"", "createType=\"custom\"", "its createType is custom")]
    [InlineData("createType=\"monolithicSparse\"", "", "its descriptor has no createType")]
    [InlineData("createType=\"monolithicSparse\"", "createType=\"streamOptimized\"\ncreateType=\"custom\"", "its descriptor says createType twice")]
    [InlineData("SPARSE \"image.vmdk\"", "FLAT \"/etc/shadow\" 0", "its extent is of type FLAT")]
    [InlineData("SPARSE \"image.vmdk\"", "SPARSE \"/etc/shadow\"", "its extent names a file elsewhere")]
    [InlineData("SPARSE \"image.vmdk\"", "SPARSE \"a\"\nRW 1 FLAT \"b\" 0", "its descriptor names 2 extents")]
    [InlineData("RW 8192 SPARSE \"image.vmdk\"", "", "its descriptor names 0 extents")]
    [InlineData("parentCID=ffffffff", "parentCID=12345678", "it names a parent disk")]
    [InlineData("parentCID=ffffffff", "parentFileNameHint=\"/etc/shadow\"", "it names a parent disk")]
    [InlineData("parentCID=ffffffff", "open the gates", "its descriptor has a line that does not belong there (open the gates)")]
    [InlineData("parentCID=ffffffff", "parentCID=\u00e4", "its descriptor is not plain ASCII text")]
    public async Task A_vmdk_descriptor_that_leads_elsewhere_is_refused(string from, string to, string reason)
    {
        var image = await ConvertAsync("vmdk", "subformat=monolithicSparse");
        var descriptor = Encoding.Latin1.GetString(image, 512, 20 * 512).TrimEnd('\0');
        Assert.Contains(from, descriptor, StringComparison.Ordinal);
        image.AsSpan(512, 20 * 512).Clear();
        Encoding.Latin1.GetBytes(descriptor.Replace(from, to, StringComparison.Ordinal)).CopyTo(image, 512);

        Assert.StartsWith($"Image failed safety checks: {reason}", Inspect("vmdk", image).Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, 9, "its VMDK version is 9")]
    [InlineData(12, 0, "its header gives the disk 0 sectors")] // QEMU would take the descriptor's extents instead
    [InlineData(28, 0, "it has no descriptor")]
    [InlineData(28, 3, "its descriptor lies at sector 3")]
    [InlineData(36, 5000, "its descriptor has 5000 sectors")]
    [InlineData(56, 1 << 30, "its grain directory at sector 1073741824 lies beyond")]
    [InlineData(56, -1, "it has no footer")]
    public async Task A_vmdk_header_that_lies_is_refused(int field, long value, string reason)
    {
        var image = await ConvertAsync("vmdk", "subformat=monolithicSparse");
        if (field == 4)
            BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(field), (int)value);
        else
            BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(field), value);
        Assert.StartsWith($"Image failed safety checks: {reason}", Inspect("vmdk", image).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_descriptor_that_runs_on_beyond_its_sectors_is_refused()
    {
        var image = await ConvertAsync("vmdk", "subformat=monolithicSparse");
        // One sector, filled to its end: QEMU reads on, to where the parent is named.
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(36), 1);
        var text = Encoding.ASCII.GetString(image, 512, 20 * 512).TrimEnd('\0');
        Encoding.ASCII.GetBytes((text.TrimEnd() + "\n#").PadRight(512, 'x')[..512] + "\nparentFileNameHint=\"/etc/shadow\"\n").CopyTo(image, 512);

        Assert.Equal("Image failed safety checks: its descriptor has no end.", Inspect("vmdk", image).Refusal);
    }

    [Fact]
    public async Task A_stream_with_a_footer_passes_as_qemu_reads_it()
    {
        var image = await WithFooterAsync();
        var path = Path.Combine(_folder, "footer.vmdk");
        await File.WriteAllBytesAsync(path, image, Ct);
        await QemuImg.RunAsync("compare", "-f", "raw", "-F", "vmdk", Path.Combine(_folder, "disk.raw"), path);

        Assert.Equal(new FormatFinding("vmdk", Disk, null), Inspect("vmdk", image));
    }

    [Theory]
    [InlineData(512 + 12, 0x10, "its footer contradicts its header")] // capacity
    [InlineData(512 + 28, 0x10, "its footer contradicts its header")] // where the descriptor lies
    [InlineData(512 + 57, 0x7f, "its grain directory at sector")]
    [InlineData(512, 0x4c, "it has no footer")]
    [InlineData(12, 4, "it has no footer")] // another marker
    [InlineData(1024 + 12, 3, "it has no footer")] // not the end of the stream
    public async Task A_footer_that_lies_is_refused(int field, byte value, string reason)
    {
        var image = await WithFooterAsync();
        image[image.Length - 1536 + field] = value;
        Assert.StartsWith($"Image failed safety checks: {reason}", Inspect("vmdk", image).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_before_its_footer_is_refused()
    {
        var image = await WithFooterAsync();
        Assert.Contains("it has no footer", Inspect("vmdk", image[..^512]).Refusal, StringComparison.Ordinal);
        Assert.Contains("it ends before its footer", Inspect("vmdk", image[..^1]).Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("qcow2")]
    [InlineData("vmdk")]
    public async Task A_truncated_image_is_refused_wherever_it_ends_within_its_tables(string format)
    {
        var image = await ConvertAsync(format, format == "vmdk" ? "subformat=streamOptimized" : "compat=1.1");
        // Where the last table that the verdict rests on begins: L1, or the grain directory.
        var tables = format == "vmdk"
            ? BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(56)) * 512
            : BinaryPrimitives.ReadInt64BigEndian(image.AsSpan(40));
        for (var length = 4; length < tables; length += 1009)
            Assert.NotNull(Inspect(format, image[..length]).Refusal);
    }

    [Theory]
    [InlineData("qcow2")]
    [InlineData("vmdk")]
    [InlineData("raw")]
    public void No_bytes_at_all_are_accepted_as_any_format(string declared) =>
        Assert.Equal(new FormatFinding("raw", 0, null), Inspect(declared, []));

    [Theory]
    [InlineData("ploop")]
    [InlineData("ami")]
    public void A_format_that_is_not_known_here_passes_without_a_virtual_size(string declared) =>
        Assert.Equal(new FormatFinding("raw", null, null), Inspect(declared, new byte[100_000]));

    [Fact]
    public async Task The_verdict_does_not_depend_on_how_the_bytes_are_cut()
    {
        byte[][] images =
        [
            await ConvertAsync("qcow2", "compat=1.1"), await ConvertAsync("vmdk", "subformat=streamOptimized"),
            await ConvertAsync("vmdk", "subformat=monolithicSparse"),
        ];
        Gen.Select(Gen.Int[0, 2], Gen.Int[1, 5000].Array[1, 20]).Sample((which, cuts) =>
        {
            var format = which == 0 ? "qcow2" : "vmdk";
            Assert.Equal(Inspect(format, images[which]), Inspect(format, images[which], cuts));
        }, iter: 60);
    }

    [Fact]
    public void Inspectors_hold_a_bounded_part_of_what_they_see()
    {
        // A header that promises the largest descriptor there may be, and then gigabytes of text.
        var header = new byte[512];
        "KDMV"u8.CopyTo(header);
        header[4] = 1;
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(12), 1);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(28), 1);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(36), long.MaxValue);
        var text = new byte[1 << 20];
        text.AsSpan().Fill((byte)'x');
        var inspection = new FormatInspection("vmdk");
        inspection.Feed(header);
        inspection.Feed(text);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            inspection.Feed(text);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
        Assert.Contains("sectors, more than", inspection.Finish().Refusal, StringComparison.Ordinal);
    }

    /// <summary>As VMware's tools stream it: the header says "at the end", and the footer after the grains tells where the directory is.</summary>
    private async Task<byte[]> WithFooterAsync()
    {
        var image = await ConvertAsync("vmdk", "subformat=streamOptimized");
        var footer = image[..512];
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(56), -1);
        var marker = new byte[512];
        marker[12] = 3;
        return [.. image, .. new byte[(512 - (image.Length % 512)) % 512], .. marker, .. footer, .. new byte[512]];
    }

    private static FormatFinding Inspect(string declared, byte[] image, params int[] cuts)
    {
        if (cuts.Length == 0)
            return Inspected.As(declared, image);
        var inspection = new FormatInspection(declared);
        var at = 0;
        foreach (var cut in cuts)
        {
            var length = Math.Min(cut, image.Length - at);
            inspection.Feed(image.AsSpan(at, length));
            at += length;
        }

        inspection.Feed(image.AsSpan(at));
        return inspection.Finish();
    }

    private async Task<byte[]> ConvertAsync(string format, string options)
    {
        var raw = Path.Combine(_folder, "disk.raw");
        if (!File.Exists(raw))
        {
            var bytes = new byte[Disk];
            new Random(1).NextBytes(bytes.AsSpan(1 << 20, 100_000));
            await File.WriteAllBytesAsync(raw, bytes, Ct);
        }

        var path = Path.Combine(_folder, $"image.{format}");
        await QemuImg.RunAsync("convert", "-f", "raw", "-O", format, "-o", options, raw, path);
        return await File.ReadAllBytesAsync(path, Ct);
    }
}
