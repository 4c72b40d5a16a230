using System.Diagnostics;
using Xunit;

namespace Tintype.Tests.DiskFormats;

/// <summary>The reference implementation of disk formats, from Debian's qemu-utils.</summary>
internal static class QemuImg
{
    private const string Program = "/usr/bin/qemu-img";

    public static async Task<(int ExitCode, string Output)> TryAsync(params string[] arguments)
    {
        Assert.SkipUnless(File.Exists(Program), $"{Program} is not installed (Debian: qemu-utils); nothing else can judge the file.");
        using var process = Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }

    public static async Task<string> RunAsync(params string[] arguments)
    {
        var (exitCode, output) = await TryAsync(arguments);
        Assert.True(exitCode == 0, $"qemu-img {string.Join(' ', arguments)} ended with {exitCode}: {output}");
        return output;
    }
}
