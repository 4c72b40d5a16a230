using Tintype.Platform;

namespace Tintype.Snapshots.Verification;

/// <summary>Where the evidence of boot &amp; test is kept, and where its guests live while they run.</summary>
internal sealed class EvidenceFolder(DataDirectory data)
{
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
    public async Task KeepConsoleAsync(Guid imageId, string source, int limit, CancellationToken ct)
    {
        await using var from = new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        from.Seek(Math.Max(0, from.Length - limit), SeekOrigin.Begin);
        await using var to = new FileStream(ConsoleOf(imageId), FileMode.Create);
        var buffer = new byte[64 * 1024];
        long kept = 0;
        int read;
        // Bounded by what was there at first: the guest may still be writing.
        while (kept < limit && (read = await from.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, limit - kept)), ct)) > 0)
        {
            await to.WriteAsync(buffer.AsMemory(0, read), ct);
            kept += read;
        }
    }

    private string FolderOf(Guid imageId) => Path.Combine(Root, imageId.ToString());
}
