using System.Globalization;
using System.Security.Cryptography;
using CliWrap;
using CliWrap.Buffered;
using Tintype.TestSupport;

namespace Tintype.Bench.Guests;

/// <summary>
/// The disk that guests are made from: the demo guest, and beside its root a file system with data that nothing compresses.
/// <code>
/// sector 64     2048                 256 MiB                        2304 MiB                  the end
/// │ 1: nothing  │ 2: the demo's root │ 3: ext4, /filler             │ zeros, or full of data    │
/// </code>
/// The guest enlarges its first partition to the disk's end, whatever its root is: so its file systems are the same on a disk of any size.
/// </summary>
internal sealed class GuestImage(TemporaryDirectory folder, int scale)
{
    private const long Mib = 1 << 20;
    private const long DataStart = 256 * Mib;
    private const long DataLength = 2048 * Mib;

    /// <summary>What the demo's own root takes of the whole.</summary>
    private const long Root = 80 * Mib;

    /// <summary>Bytes of data on the disk, where it is not full.</summary>
    public long DataBytes => 600 * Mib / scale;

    /// <summary>Bytes of the file from which the guest makes its changes.</summary>
    public long FillerBytes => DataBytes - (Root / scale);

    /// <summary>A qcow2 with a disk of so many GiB that has the data and else nothing.</summary>
    public async Task<string> SparseAsync(int gibibytes, CancellationToken ct)
    {
        var image = folder.Combine($"{gibibytes}.qcow2");
        if (File.Exists(image))
            return image;
        var raw = folder.Combine("sparse.raw");
        await MakeAsync(raw, gibibytes, ct);
        await RunAsync("qemu-img", ct, "convert", "-f", "raw", "-O", "qcow2", raw, image);
        File.Delete(raw);
        return image;
    }

    /// <summary>A raw disk of so many GiB that is full.</summary>
    public async Task<string> FullAsync(int gibibytes, CancellationToken ct)
    {
        var raw = folder.Combine($"{gibibytes}-full.raw");
        await MakeAsync(raw, gibibytes, ct);
        await using var file = File.OpenWrite(raw);
        file.Position = DataStart + DataLength;
        await FillAsync(file, (gibibytes * 1024 * Mib) - file.Position, ct);
        return raw;
    }

    private async Task MakeAsync(string raw, int gibibytes, CancellationToken ct)
    {
        await RunAsync("qemu-img", ct, "convert", "-f", "qcow2", "-O", "raw", Repository.DemoGuest, raw);
        var root = (new FileInfo(raw).Length / 512) - 2048;
        using (var file = File.OpenWrite(raw))
            file.SetLength(gibibytes * 1024 * Mib);
        await Cli.Wrap("/usr/sbin/sfdisk").WithArguments(["--quiet", "--label", "dos", "--no-reread", "--no-tell-kernel", raw])
            .WithStandardInputPipe(PipeSource.FromString(string.Create(CultureInfo.InvariantCulture, $"""
                start=64, size=1, type=83
                start=2048, size={root}, type=83, bootable
                start={DataStart / 512}, size={DataLength / 512}, type=83

                """))).ExecuteBufferedAsync(ct);

        var content = Directory.CreateDirectory(folder.Combine("content"));
        await using (var filler = File.Create(Path.Combine(content.FullName, "filler")))
            await FillAsync(filler, FillerBytes, ct);
        await RunAsync("/usr/sbin/mke2fs", ct, "-q", "-F", "-t", "ext4", "-b", "4096",
            // Otherwise the guest makes up for it while it is measured.
            "-E", string.Create(CultureInfo.InvariantCulture, $"offset={DataStart},lazy_itable_init=0,lazy_journal_init=0"),
            "-d", content.FullName, raw, string.Create(CultureInfo.InvariantCulture, $"{DataLength / Mib}M"));
        content.Delete(recursive: true);
    }

    private static async Task FillAsync(FileStream file, long length, CancellationToken ct)
    {
        var block = new byte[4 * Mib];
        for (long done = 0; done < length; done += block.Length)
        {
            RandomNumberGenerator.Fill(block);
            await file.WriteAsync(block.AsMemory(0, (int)Math.Min(block.Length, length - done)), ct);
        }
    }

    private static Task RunAsync(string program, CancellationToken ct, params string[] arguments) => Cli.Wrap(program).WithArguments(arguments).ExecuteBufferedAsync(ct);
}
