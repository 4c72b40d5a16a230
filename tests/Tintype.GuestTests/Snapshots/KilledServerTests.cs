using System.Diagnostics;
using System.Text.Json;
using Tintype.Qemu.Qmp;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Snapshots;

[Collection(SnapshotCollection.Name)]
public sealed class KilledServerTests(SnapshotLab lab, ITestOutputHelper output)
{
    private const int Seed = 20261123;

    private Cloud Cloud => lab.Cloud;

    /// <summary>
    /// kill -9 of the server at seeded moments of a snapshot: every other one while the guest is about to be frozen, is frozen or has just been
    /// thawed, the rest spread over the whole. The guest writes on, and nothing is left half-done.
    /// </summary>
    [Fact]
    [Trait("run", "soak")]
    public async Task A_kill_at_any_moment_of_a_snapshot_leaves_nothing_half_done()
    {
        var duration = await MeasureAsync();
        output.WriteLine($"a snapshot takes {duration.TotalMilliseconds:0} ms; seed {Seed}");
        var random = new Random(Seed);
        var kills = Soak.Rounds(10);
        for (var kill = 0; kill < kills; kill++)
        {
            var request = Cloud.TryCreateImageAsync(lab.Instance, $"killed-{kill}");
            var watch = Stopwatch.StartNew();
            if (kill % 2 == 0)
            {
                await UntilWatchdogAsync(duration);
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(300)), TestContext.Current.CancellationToken);
            }
            else
            {
                await Task.Delay(duration * ((kill + random.NextDouble()) / kills), TestContext.Current.CancellationToken);
            }

            var moment = watch.Elapsed;
            await lab.Server.KillAsync();
            await request.ContinueWith(_ => { }, TestContext.Current.CancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);
            // Before the next start: what thaws now is the watchdog.
            await UntilNoWatchdogAsync();
            await lab.AssertWritesOnAsync();

            await lab.Server.StartAgainAsync();
            await Cloud.SignInAsync();
            await AssertNothingHalfDoneAsync(kill, moment);
        }

        await AssertNothingLeftInQemuAsync();
    }

    private async Task<TimeSpan> MeasureAsync()
    {
        var watch = Stopwatch.StartNew();
        await Cloud.SnapshotAsync(lab.Instance, "measured");
        return watch.Elapsed;
    }

    /// <summary>A server's first watchdog is started just before the guest is frozen, and goes when it is thawed.</summary>
    private async Task UntilWatchdogAsync(TimeSpan limit)
    {
        using var late = new CancellationTokenSource(limit + TimeSpan.FromSeconds(30));
        while (Watchdogs() == 0)
            await Task.Delay(5, late.Token);
    }

    private async Task UntilNoWatchdogAsync()
    {
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (Watchdogs() > 0)
            await Task.Delay(20, late.Token);
    }

    private int Watchdogs() => Directory.EnumerateDirectories("/proc").Count(process =>
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
    });

    private async Task AssertNothingHalfDoneAsync(int kill, TimeSpan moment)
    {
        await Cloud.UntilAsync(() => Cloud.TaskStateAsync(lab.Instance), state => state is null);
        Assert.Equal("ACTIVE", await Cloud.StatusAsync(lab.Instance));
        await lab.AssertWritesOnAsync();
        Assert.Empty(Directory.EnumerateFiles(lab.InstanceDirectory, "snapshot-*"));

        var images = await Cloud.SnapshotsOfAsync(lab.Instance);
        Assert.All(images, image => Assert.Equal("active", Text(image, "status")));
        var own = images.Where(i => Text(i, "name") == $"killed-{kill}").ToList();
        output.WriteLine($"killed after {moment.TotalMilliseconds:0} ms: {(own.Count == 0 ? "no image" : "image complete")}");
        foreach (var image in own)
        {
            var saved = lab.File("killed.raw");
            Assert.Equal(Text(await Cloud.HashedAsync(Text(image, "id")), "checksum"), await Cloud.SaveAsync(Text(image, "id"), saved));
            Assert.Equal("filesystem", Text(image, "tintype_consistency"));
            var check = await SnapshotLab.OnPartitionAsync("e2fsck", saved, "-fn");
            Assert.True(check.ExitCode == 0, check.StandardOutput + check.StandardError);
            File.Delete(saved);
            await Cloud.DeleteImageAsync(Text(image, "id"));
        }
    }

    /// <summary>QEMU talks to one client at a time: while the server is down it is ours to ask.</summary>
    private async Task AssertNothingLeftInQemuAsync()
    {
        await lab.Server.StopAsync();
        await using (var qmp = await QmpClient.ConnectAsync(Path.Combine(lab.InstanceDirectory, "qmp.sock"), TestContext.Current.CancellationToken))
        {
            Assert.Empty((await qmp.ExecuteAsync("query-jobs", null, TestContext.Current.CancellationToken)).EnumerateArray());
            var nodes = await qmp.ExecuteAsync("query-named-block-nodes", null, TestContext.Current.CancellationToken);
            Assert.DoesNotContain(nodes.EnumerateArray(), n => Text(n, "node-name").StartsWith("snap-", StringComparison.Ordinal));
        }

        await lab.Server.StartAgainAsync();
        await Cloud.SignInAsync();
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
