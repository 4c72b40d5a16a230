using Tintype.Platform;

namespace Tintype.Snapshots.Verification;

/// <summary>Where the evidence of boot &amp; test is kept, and where its guests live while they run.</summary>
internal sealed class EvidenceFolder(DataDirectory data)
{
    private const int LargestScreenshot = 16 * 1024 * 1024;

    private string Root => data.Folder("verification", PassThrough);

    // A guest runs as a user of its own and reaches its own directory in here.
    private const UnixFileMode PassThrough = DataDirectory.Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public string ConsoleOf(Guid imageId) => Path.Combine(FolderOf(imageId), "console.log");

    public string ScreenshotOf(Guid imageId) => Path.Combine(FolderOf(imageId), "screenshot.png");

    /// <summary>The guest's own directory, gone once it has ended.</summary>
    public string GuestOf(Guid imageId) => Path.Combine(FolderOf(imageId), "guest");

    /// <summary>Makes the image's folder, empty of evidence.</summary>
    public void Begin(Guid imageId)
    {
        Remove(imageId);
        Directory.CreateDirectory(FolderOf(imageId), PassThrough);
        Directory.CreateDirectory(GuestOf(imageId), DataDirectory.Private);
    }

    public void RemoveGuest(Guid imageId)
    {
        if (Directory.Exists(GuestOf(imageId)))
            Directory.Delete(GuestOf(imageId), recursive: true);
    }

    public void Remove(Guid imageId)
    {
        if (Directory.Exists(FolderOf(imageId)))
            Directory.Delete(FolderOf(imageId), recursive: true);
    }

    /// <summary>The images that there is a folder of.</summary>
    public IReadOnlyList<Guid> List() =>
        [.. Directory.EnumerateDirectories(Root).Select(f => Guid.TryParse(Path.GetFileName(f), out var id) ? id : Guid.Empty).Where(id => id != Guid.Empty)];

    /// <summary>Keeps the end of a console log as evidence.</summary>
    /// <param name="limit">Bytes kept at most.</param>
    public Task KeepConsoleAsync(Guid imageId, FileStream log, int limit, CancellationToken ct)
    {
        log.Seek(Math.Max(0, log.Length - limit), SeekOrigin.Begin);
        return KeepAsync(log, ConsoleOf(imageId), limit, ct);
    }

    public Task KeepScreenshotAsync(Guid imageId, FileStream picture, CancellationToken ct) =>
        KeepAsync(picture, ScreenshotOf(imageId), LargestScreenshot, ct);

    // Bounded: what is read is written by a guest, which may still be writing.
    private static async Task KeepAsync(FileStream from, string path, int limit, CancellationToken ct)
    {
        await using var to = new FileStream(path, FileMode.Create);
        var buffer = new byte[64 * 1024];
        var left = limit;
        int read;
        while (left > 0 && (read = await from.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, left)), ct)) > 0)
        {
            await to.WriteAsync(buffer.AsMemory(0, read), ct);
            left -= read;
        }
    }

    private string FolderOf(Guid imageId) => Path.Combine(Root, imageId.ToString());
}
