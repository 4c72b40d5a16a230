using System.Diagnostics;
using Tintype.DiskFormats.Inspection;
using Tintype.Tests.DiskFormats.Specimens;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.Tests.DiskFormats.Inspection;

/// <summary>Verdicts about what the real tools write: qemu-img, genisoimage, sfdisk.</summary>
public sealed class RealImageTests : IDisposable
{
    private const int Disk = 4 * 1024 * 1024;

    private readonly string _folder = Directory.CreateTempSubdirectory("tt-real-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    // QEMU rounds a VHD up to whole cylinders, unless told otherwise.
    [InlineData("vpc", "vhd", "subformat=dynamic", 0x404800)]
    [InlineData("vpc", "vhd", "subformat=dynamic,force_size=on", Disk)]
    [InlineData("vpc", "vhd", "subformat=fixed", 0x404800)]
    [InlineData("vpc", "vhd", "subformat=fixed,force_size=on", Disk)]
    [InlineData("vhdx", "vhdx", "subformat=dynamic", Disk)]
    [InlineData("vhdx", "vhdx", "subformat=fixed,block_size=1M", Disk)]
    [InlineData("vdi", "vdi", "static=off", Disk)]
    [InlineData("vdi", "vdi", "static=on", Disk)]
    public async Task What_qemu_writes_passes_with_its_virtual_size(string driver, string format, string options, long size)
    {
        var image = await ConvertAsync(driver, options);

        Assert.Equal(new FormatFinding(format, size, null), Inspected.As(format, image));
        Assert.Equal(new FormatFinding(format, image.Length, null), Inspected.As("raw", image));
        Assert.Equal($"The image is declared as qcow2, but its data is {format}. Set disk_format to what the data is, or convert the data.",
            Inspected.As("qcow2", image).Refusal);
    }

    [Fact]
    public async Task Qed_is_refused_whatever_it_is_declared()
    {
        var image = await ConvertAsync("qed", "cluster_size=65536");
        Assert.Equal(new FormatFinding("qed", Disk, "Image failed safety checks: the QED format is not allowed; convert it to qcow2."), Inspected.As("qed", image));
        Assert.Equal("Image failed safety checks: it is declared as raw, but is qed, and the QED format is not allowed; convert it to qcow2.", Inspected.As("raw", image).Refusal);
        Assert.Equal("The image is declared as vdi, but its data is qed. Set disk_format to what the data is, or convert the data.", Inspected.As("vdi", image).Refusal);
    }

    [Fact]
    public async Task An_encrypted_disk_has_the_size_of_what_is_behind_its_header()
    {
        // The header of what "qemu-img create -f luks … 1M" made once: it measures the processor for its key, and fails on a busy one.
        var header = await File.ReadAllBytesAsync(Path.Combine(Repository.Root, "tests", "fixtures", "disk-formats", "luks1.header"), Ct);
        var image = new byte[3_117_056];
        header.CopyTo(image, 0);

        Assert.Equal(new FormatFinding("luks", 1 << 20, null), Inspected.As("luks", image));
        Assert.Equal(new FormatFinding("luks", image.Length, null), Inspected.As("raw", image));
    }

    [Fact]
    public async Task A_qcow2_with_internal_snapshots_passes()
    {
        var path = Path.Combine(_folder, "snapshots.qcow2");
        await QemuImg.RunAsync("create", "-q", "-f", "qcow2", path, "8M");
        foreach (var name in (string[])["one", "a much longer name of a snapshot", "3"])
            await QemuImg.RunAsync("snapshot", "-c", name, path);
        Assert.Equal(new FormatFinding("qcow2", 8 << 20, null), Inspected.As("qcow2", await File.ReadAllBytesAsync(path, Ct)));
    }

    [Theory]
    [InlineData("-quiet")]
    [InlineData("-quiet", "-udf")]
    [InlineData("-quiet", "-R", "-J")]
    public async Task A_disc_passes_with_the_size_of_its_volume(params string[] options)
    {
        var path = Path.Combine(_folder, "disc.iso");
        await File.WriteAllTextAsync(Path.Combine(_folder, "file"), "content", Ct);
        await RunAsync("/usr/bin/genisoimage", [.. options, "-o", path, Path.Combine(_folder, "file")]);
        var image = await File.ReadAllBytesAsync(path, Ct);

        Assert.Equal(new FormatFinding("iso", image.Length, null), Inspected.As("iso", image));
        Assert.Equal(new FormatFinding("iso", image.Length, null), Inspected.As("raw", image));
        // A disc that boots as a disk too.
        var hybrid = Specimen.Partitioned(image, [0x80, 0, 1, 0, 0x17, 0xff, 0xff, 0xff], 64, 1000);
        Assert.Equal(new FormatFinding("iso", image.Length, null), Inspected.As("iso", hybrid));
    }

    [Theory]
    [InlineData("label: gpt\nsize=1MiB\n")]
    [InlineData("label: dos\nsize=1MiB, bootable\nsize=1MiB, type=82\n")]
    public async Task A_partitioned_disk_is_raw(string layout)
    {
        var path = Path.Combine(_folder, "disk.raw");
        await File.WriteAllBytesAsync(path, new byte[Disk], Ct);
        await RunAsync("/usr/sbin/sfdisk", ["--quiet", path], layout);
        var image = await File.ReadAllBytesAsync(path, Ct);

        Assert.Equal(new FormatFinding("gpt", Disk, null), Inspected.As("raw", image));
        Assert.Equal(new FormatFinding("gpt", Disk, null), Inspected.As("gpt", image));
        Assert.Equal("The image is declared as qcow2, but its data is a plain disk with partitions. Set disk_format to raw, or convert the data.",
            Inspected.As("qcow2", image).Refusal);

        // Inside a fixed VHD it is the VHD's disk.
        var fixedVhd = Path.Combine(_folder, "disk.vhd");
        await QemuImg.RunAsync("convert", "-f", "raw", "-O", "vpc", "-o", "subformat=fixed,force_size=on", path, fixedVhd);
        var vhd = await File.ReadAllBytesAsync(fixedVhd, Ct);
        Assert.Equal(new FormatFinding("vhd", Disk, null), Inspected.As("vhd", vhd));
        Assert.Equal(new FormatFinding("gpt", vhd.Length, null), Inspected.As("raw", vhd));
    }

    [Fact]
    public async Task Qemu_takes_each_specimen_for_what_it_is()
    {
        var drivers = new Dictionary<string, string> { ["vhd"] = "vpc", ["iso"] = "raw", ["gpt"] = "raw" };
        // QEMU wants a key in a slot, and nobody wants QED.
        foreach (var (format, image) in Specimen.All.Where(specimen => specimen.Format is not ("luks" or "qed")))
        {
            var path = Path.Combine(_folder, "specimen");
            await File.WriteAllBytesAsync(path, image, Ct);
            var info = await QemuImg.RunAsync("info", "-U", "-f", drivers.GetValueOrDefault(format, format), path);
            Assert.Contains($"({Inspected.As(format, image).VirtualSize} bytes)", info, StringComparison.Ordinal);
        }
    }

    private async Task<byte[]> ConvertAsync(string driver, string options)
    {
        var raw = Path.Combine(_folder, "disk.raw");
        var bytes = new byte[Disk];
        new Random(1).NextBytes(bytes.AsSpan(1 << 20, 100_000));
        await File.WriteAllBytesAsync(raw, bytes, Ct);
        var path = Path.Combine(_folder, "image");
        await QemuImg.RunAsync("convert", "-f", "raw", "-O", driver, "-o", options, raw, path);
        return await File.ReadAllBytesAsync(path, Ct);
    }

    private static async Task RunAsync(string program, string[] arguments, string input = "")
    {
        Assert.SkipUnless(File.Exists(program), $"{program} is not installed; nothing else makes such a file.");
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardError = true })!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var error = await process.StandardError.ReadToEndAsync(Ct);
        await process.WaitForExitAsync(Ct);
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {error}");
    }
}
