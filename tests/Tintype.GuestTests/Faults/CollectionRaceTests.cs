using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Tintype.GuestTests.Snapshots;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Faults;

/// <summary>Chunks are collected, without any grace, while images are made of them, read and deleted.</summary>
[Collection(FaultCollection.Name)]
[Trait("run", "soak")]
public sealed class CollectionRaceTests(FaultLabFixture fixture, ITestOutputHelper output)
{
    private FaultLab Lab => fixture.Lab;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Collections_race_ten_snapshots_and_ten_downloads()
    {
        var snapshots = Soak.IsFull ? 10 : 3;
        await Lab.Invariant.AssertTakesAsync("before the race");
        // Nobody's any more: which of those that the race makes it also deletes, it alone knows.
        await Lab.Invariant.AssertStoreIsCleanAsync();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var collecting = CollectAsync(over.Token);
        var downloading = Enumerable.Range(0, 10).Select(reader => DownloadAsync(reader, over.Token)).ToList();
        try
        {
            for (var i = 0; i < snapshots; i++)
                Assert.Equal("complete", await TakeAsync($"raced {i}"));
        }
        finally
        {
            await over.CancelAsync();
        }

        output.WriteLine($"{await collecting} collections, {(await Task.WhenAll(downloading)).Sum()} downloads beside {snapshots} snapshots");
        await Lab.Invariant.AssertTakesAsync("after the race");
    }

    // The invariant waits until no task runs, which is never here.
    private async Task<string> TakeAsync(string name)
    {
        var attempt = Lab.Begin(name);
        return await attempt.EndAsync(Lab) is null ? "gone" : "complete";
    }

    private async Task<int> CollectAsync(CancellationToken ct)
    {
        for (var count = 0; ; count++)
        {
            if (ct.IsCancellationRequested)
                return count;
            var task = (await Lab.Admin.PostAsync("/tintype/v1/chunks/collection", new JsonObject { ["dry_run"] = false }, HttpStatusCode.Accepted)).GetProperty("task_id").GetString();
            var ended = await Cloud.UntilAsync(() => Lab.Admin.GetAsync($"/tintype/v1/tasks/{task}"), t => t.GetProperty("status").GetString() is "success" or "failure");
            Assert.True(ended.GetProperty("status").GetString() == "success", ended.ToString());
        }
    }

    /// <summary>Reads the newest images again and again, of which the oldest is deleted from under the readers now and then.</summary>
    private async Task<int> DownloadAsync(int reader, CancellationToken ct)
    {
        var random = new Random(reader);
        for (var count = 0; ; count++)
        {
            if (ct.IsCancellationRequested)
                return count;
            var images = await Lab.Cloud.SnapshotsOfAsync(Lab.Instance);
            if (images.Count == 0)
                continue;
            var image = images[random.Next(images.Count)];
            var id = image.GetProperty("id").GetString()!;
            using var answer = await Lab.Cloud.Http.GetAsync($"/image/v2/images/{id}/file", HttpCompletionOption.ResponseHeadersRead, Ct);
            // Not there yet, or no more.
            if (answer.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.NotFound)
                continue;
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await using var data = await answer.Content.ReadAsStreamAsync(Ct);
            var read = Convert.ToHexStringLower(await SHA512.HashDataAsync(data, Ct));
            if (image.TryGetProperty("os_hash_value", out var hash) && hash.GetString() is { } should)
                Assert.Equal(should, read);
            if (reader == 0 && images.Count > 4)
                await Lab.Cloud.DeleteImageAsync(images.Where(i => i.GetProperty("status").GetString() == "active").MinBy(i => i.GetProperty("created_at").GetString(), StringComparer.Ordinal).GetProperty("id").GetString()!);
        }
    }
}
