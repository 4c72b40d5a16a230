using CliWrap;
using CliWrap.Buffered;
using Tintype.Qemu.Process;

namespace Tintype.Qemu.Disks;

/// <summary>The uses of qemu-img that read nobody's bytes: it makes new files, and is told what it might otherwise look up.</summary>
internal static class QemuImage
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    public static Task CreateAsync(string path, DiskLayer? backing, long virtualSize, CancellationToken ct) => RunAsync(
    [
        "create", "-q", "-f", "qcow2",
        // -u: do not open the backing file; its size and format are known.
        .. backing is null ? [] : new[] { "-u", "-b", backing.Path, "-F", backing.Format },
        path, virtualSize.ToString(System.Globalization.CultureInfo.InvariantCulture),
    ], ct);

    /// <summary>Adds a persistent dirty bitmap, in which a bit is a cluster. qemu-img opens no backing file for it.</summary>
    public static Task AddBitmapAsync(string path, string name, CancellationToken ct) =>
        RunAsync(["bitmap", "-f", "qcow2", "--add", "-g", "65536", path, name], ct);

    private static async Task RunAsync(IReadOnlyList<string> arguments, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_limit);
        BufferedCommandResult result;
        try
        {
            result = await Cli.Wrap("qemu-img").WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(limit.Token);
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new DiskToolException("qemu-img is not installed; Debian's package is qemu-utils.", missing);
        }
        catch (OperationCanceledException slow) when (!ct.IsCancellationRequested)
        {
            throw new DiskToolException($"qemu-img {arguments[0]} did not end within {_limit.TotalSeconds:0} seconds.", slow);
        }

        if (result.ExitCode != 0)
            throw new DiskToolException($"qemu-img {arguments[0]} failed: {result.StandardError.Trim()}");
    }
}
