using System.Text.Json.Nodes;
using Tintype.Qemu.Process;

namespace Tintype.Snapshots.Verification;

/// <summary>What a guest shows: its serial console's log, and a picture of its screen.</summary>
internal sealed class GuestScreen
{
    public static string ConsoleOf(IGuestProcess guest) => Path.Combine(guest.Directory, GuestFiles.ConsoleLog);

    /// <summary>Writes the screen as PNG.</summary>
    public async Task CaptureAsync(IGuestProcess guest, string path, CancellationToken ct)
    {
        // QEMU writes the file, as the guest's own user: into the guest's directory.
        var written = Path.Combine(guest.Directory, "screen.png");
        await guest.Qmp.ExecuteAsync("screendump", new JsonObject { ["filename"] = written, ["format"] = "png" }, ct);
        File.Copy(written, path, overwrite: true);
        File.Delete(written);
    }
}
