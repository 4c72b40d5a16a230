using System.Diagnostics;
using Xunit;

namespace Tintype.StoreContract;

/// <summary>A file system of 4 MiB.</summary>
internal sealed class SmallFileSystem : IAsyncDisposable
{
    private SmallFileSystem(string path) => Path = path;

    public string Path { get; }

    /// <summary>Skips the test, with the reason, where nothing can be mounted.</summary>
    public static async Task<SmallFileSystem> MountAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can mount the small file system that this test fills.");
        var path = Directory.CreateTempSubdirectory("tt-small-").FullName;
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", path);
        return new SmallFileSystem(path);
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("umount", Path);
        Directory.Delete(Path);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.SkipWhen(program == "mount" && process.ExitCode != 0, $"Nothing can be mounted here: {error.Trim()}");
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {error}");
    }
}
