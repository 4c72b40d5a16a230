using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Tintype.GuestTests.Snapshots;

/// <summary>The watchdog that stands by for the next snapshot.</summary>
[Collection(SnapshotCollection.Name)]
public sealed class StandbyTests(SnapshotLab lab)
{
    [Fact]
    public async Task After_a_snapshot_a_watchdog_stands_by_for_the_next_and_one_that_was_killed_is_not_missed()
    {
        await SnapshotAsync("first");
        var standby = await StandbyAsync(other: null);
        await SnapshotAsync("by-the-one-that-stood-by");
        Assert.False(IsAlive(standby));

        var next = await StandbyAsync(other: standby);
        using (var process = Process.GetProcessById(next))
            process.Kill();
        await SnapshotAsync("without-the-one-that-was-killed");
    }

    private async Task SnapshotAsync(string name)
    {
        var image = await lab.Cloud.SnapshotAsync(lab.Instance, name);
        // Frozen, and so guarded.
        Assert.Equal("filesystem", image.GetProperty("tintype_consistency").GetString());
        await lab.Cloud.DeleteImageAsync(image.GetProperty("id").GetString()!);
    }

    private async Task<int> StandbyAsync(int? other) =>
        (await Cloud.UntilAsync(() => Task.FromResult(Watchdogs().Where(pid => pid != other).ToList()), found => found.Count == 1))[0];

    private static bool IsAlive(int pid) => File.Exists($"/proc/{pid}/cmdline") && File.ReadAllText($"/proc/{pid}/cmdline").Contains("thaw-watchdog", StringComparison.Ordinal);

    private IEnumerable<int> Watchdogs()
    {
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out var pid) && IsOurs(process))
                yield return pid;
        }
    }

    private bool IsOurs(string process)
    {
        try
        {
            var command = File.ReadAllText(Path.Combine(process, "cmdline"));
            return command.Contains("thaw-watchdog", StringComparison.Ordinal) && command.Contains(lab.Server.DataDirectory, StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
