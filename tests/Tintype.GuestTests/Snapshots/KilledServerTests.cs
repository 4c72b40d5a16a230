using System.Diagnostics;
using System.Text.Json;
using Tintype.Qemu.Qmp;
using Xunit;

namespace Tintype.GuestTests.Snapshots;

[Collection(SnapshotCollection.Name)]
public sealed class KilledServerTests(SnapshotLab lab, ITestOutputHelper output)
{
    private const int Seed = 20261123;
    private const int Kills = 10;

    private Cloud Cloud => lab.Cloud;

    /// <summary>kill -9 of the server at ten moments of a snapshot: the guest writes on, and nothing is left half-done.</summary>
    [Fact]
    public async Task A_kill_at_any_moment_of_a_snapshot_leaves_nothing_half_done()
    {
        var duration = await MeasureAsync();
        output.WriteLine($"a snapshot takes {duration.TotalMilliseconds:0} ms; seed {Seed}");
        var random = new Random(Seed);
        for (var kill = 0; kill < Kills; kill++)
        {
            // One moment in each tenth of the time that a snapshot takes.
            var moment = duration * ((kill + random.NextDouble()) / Kills);
            var request = Cloud.TryCreateImageAsync(lab.Instance, $"killed-{kill}");
            await Task.Delay(moment, TestContext.Current.CancellationToken);
            await lab.Server.KillAsync();
            await request.ContinueWith(_ => { }, TestContext.Current.CancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);

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
            Assert.Equal(Text(image, "checksum"), await Cloud.SaveAsync(Text(image, "id"), saved));
            Assert.Equal("filesystem", Text(image, "tintype_consistency"));
            File.Delete(saved);
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
