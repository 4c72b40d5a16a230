using System.Text.Json.Nodes;
using Tintype.Qemu.Process;

namespace Tintype.Snapshots.Verification;

/// <summary>Takes pictures of what a guest shows.</summary>
internal static class GuestScreen
{
    private const string FileName = "screen.png";

    /// <summary>The screen as PNG; the caller disposes it. Null if QEMU wrote something else than a file.</summary>
    public static async Task<FileStream?> CaptureAsync(IGuestProcess guest, CancellationToken ct)
    {
        // QEMU writes the file, with its own rights: into its directory, in which it runs.
        await guest.Qmp.ExecuteAsync("screendump", new JsonObject { ["filename"] = FileName, ["format"] = "png" }, ct);
        return GuestFiles.TryOpen(guest.Directory, FileName);
    }
}
