using System.Diagnostics;

namespace Tintype.TestSupport;

/// <summary>A small file system of its own, to be filled up.</summary>
public sealed class SmallFileSystem : IAsyncDisposable
{
    private SmallFileSystem(string path) => Path = path;

    public string Path { get; }

    /// <returns>None, and why, where nothing can be mounted.</returns>
    public static async Task<(SmallFileSystem? Disk, string Obstacle)> TryMountAsync(int mib)
    {
        if (!Environment.IsPrivilegedProcess)
            return (null, "Only root can mount the small file system that this test fills.");
        var path = Directory.CreateTempSubdirectory("tt-small-").FullName;
        var error = await RunAsync("mount", "-t", "tmpfs", "-o", $"size={mib}m,mode=711", "tmpfs", path);
        if (error is null)
            return (new SmallFileSystem(path), "");
        Directory.Delete(path);
        return (null, $"Nothing can be mounted here: {error}");
    }

    public async ValueTask DisposeAsync()
    {
        if (await RunAsync("umount", Path) is { } error)
            throw new IOException($"{Path} cannot be unmounted: {error}");
        Directory.Delete(Path);
    }

    /// <returns>Null if it went well.</returns>
    private static async Task<string?> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? null : error.Trim();
    }
}
