using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;
using Tintype.GuestTests.Snapshots;
using Xunit;

namespace Tintype.GuestTests.Faults;

/// <summary>
/// What holds after every fault, whatever it was:
/// <list type="number">
/// <item>the guest runs, and was thawed within the watchdog's time;</item>
/// <item>every active image reads back exactly;</item>
/// <item>no image that was active is lost;</item>
/// <item>nothing transient is left, neither with the server, nor in the database, nor in QEMU, nor on the disk;</item>
/// <item>what did not succeed has its reason where its user looks: on the task and on the server's action.</item>
/// </list>
/// </summary>
internal sealed class Invariant(FaultLab lab)
{
    /// <summary>A machine that does other things too.</summary>
    private static readonly TimeSpan _slack = TimeSpan.FromSeconds(10);

    /// <summary>How many snapshots stay to be read again after the next faults.</summary>
    private const int Kept = 2;

    // What every image read as when it was first read after it had become active.
    private readonly Dictionary<string, string> _read = [];

    /// <summary>The first clause alone, which needs no server: from now on the guest has this long.</summary>
    public async Task AssertThawedAsync(string fault)
    {
        var watch = Stopwatch.StartNew();
        var now = await lab.CountAsync();
        await Cloud.UntilAsync(lab.CountAsync, later => later > now);
        Assert.True(watch.Elapsed < FaultLab.ThawWithin + _slack, $"{fault}: the guest wrote again only after {watch.Elapsed}\n{lab.Server.Output}");
    }

    /// <returns>How the attempt ended, in a word.</returns>
    public async Task<string> AssertAsync(string fault, SnapshotAttempt attempt)
    {
        lab.Calm();
        await AssertThawedAsync(fault);
        var image = await attempt.EndAsync(lab);
        Assert.Equal("ACTIVE", await lab.Cloud.StatusAsync(lab.Instance));
        await AssertNothingTransientAsync(fault);
        if (image is { } made)
            await AssertCompleteAsync(fault, made, await attempt.Since);
        await AssertReadBackAsync(fault);
        var how = image is not null ? "complete" : await attempt.Answer is null ? "not accepted" : await ReasonAsync(fault, attempt);
        await ForgetAsync(Kept);
        return how;
    }

    /// <summary>A snapshot that nothing strikes is made, whatever was before.</summary>
    public async Task AssertTakesAsync(string name)
    {
        var how = await AssertAsync(name, lab.Begin(name));
        Assert.True(how == "complete", $"{name}: {how}\n{lab.Server.Output}");
    }

    /// <summary>Without its snapshots, the store has what the server was made of and what its newest bitmap is relative to, and nothing of all that failed.</summary>
    public async Task AssertStoreIsCleanAsync()
    {
        await ForgetAsync(kept: 0);
        var store = Path.Combine(lab.Server.DataDirectory, "stores", "os_glance_chunks", "records");
        await Cloud.UntilAsync(() => Task.FromResult(Directory.EnumerateFiles(store).Select(Path.GetFileName).Where(name => name != "store-format").ToList()), records => records.Count <= 2);
    }

    private async Task<string> ReasonAsync(string fault, SnapshotAttempt attempt)
    {
        var task = await attempt.FindTaskAsync(lab);
        Assert.True(task is not null, $"{fault}: an accepted snapshot has no task");
        var status = Text(task.Value, "status");
        var reason = Text(task.Value, "reason");
        Assert.True(status is "failure" or "cancelled" && reason.Length > 20, $"{fault}: {task}");
        var actions = (await lab.Cloud.GetAsync($"/compute/v2.1/servers/{lab.Instance}/os-instance-actions")).GetProperty("instanceActions");
        var action = actions.EnumerateArray().Single(a => Text(a, "action") == "createImage" && Text(a, "request_id") == Text(task.Value, "request_id"));
        Assert.True(Text(action, "message").Length > 0, $"{fault}: {action}");
        // What nobody foresaw tells its user nothing.
        Assert.DoesNotContain("Something unexpected", reason, StringComparison.Ordinal);
        return $"{status}: {reason}";
    }

    private async Task AssertNothingTransientAsync(string fault)
    {
        await Cloud.UntilAsync(async () => (await lab.Admin.GetAsync("/tintype/v1/tasks?state=pending&state=running")).GetProperty("tasks"), tasks => tasks.GetArrayLength() == 0);
        Assert.Null(await lab.Cloud.TaskStateAsync(lab.Instance));
        Assert.All(await ImagesAsync(), image => Assert.True(Text(image, "status") == "active", $"{fault}: {image}"));
        await Cloud.UntilAsync(() => Task.FromResult(lab.Watchdogs().Count), watchdogs => watchdogs == 0);
        var files = Directory.EnumerateFileSystemEntries(lab.InstanceDirectory).Select(Path.GetFileName).Where(name => name!.StartsWith("snapshot-", StringComparison.Ordinal));
        Assert.True(!files.Any(), $"{fault}: {string.Join(", ", files)} is left beside the disk");
        Assert.Empty((await lab.Qmp.AskAsync("query-jobs")).EnumerateArray());
        Assert.Empty((await lab.Qmp.AskAsync("query-block-exports")).EnumerateArray());
        var nodes = (await lab.Qmp.AskAsync("query-named-block-nodes", new() { ["flat"] = true })).EnumerateArray().ToList();
        Assert.DoesNotContain(nodes, node => Text(node, "node-name").StartsWith("snap-", StringComparison.Ordinal));
        // A bitmap that nobody knows of would slow the guest's writes down for ever; one that a kill has spoiled does not, and goes with the next snapshot.
        var disk = nodes.Single(node => Text(node, "node-name") == "disk0");
        var bitmaps = disk.TryGetProperty("dirty-bitmaps", out var all)
            ? all.EnumerateArray().Where(bitmap => !bitmap.TryGetProperty("inconsistent", out var spoiled) || !spoiled.GetBoolean()).ToList() : [];
        Assert.True(bitmaps.Count <= 1 && bitmaps.TrueForAll(bitmap => bitmap.GetProperty("recording").GetBoolean()), $"{fault}: {string.Join(", ", bitmaps)}");
    }

    private async Task AssertCompleteAsync(string fault, JsonElement image, int since)
    {
        Assert.Equal("filesystem", Text(image, "tintype_consistency"));
        var (saved, raw) = (lab.File("complete"), lab.File("complete.raw"));
        await lab.Cloud.SaveAsync(Text(image, "id"), saved);
        var format = Text(image, "disk_format");
        if (format == "qcow2")
            await QemuImgAsync("check", "-q", "-f", format, saved);
        await QemuImgAsync("convert", "-f", format, "-O", "raw", saved, raw);
        var check = await SnapshotLab.OnPartitionAsync("e2fsck", raw, "-fn");
        Assert.True(check.ExitCode == 0, $"{fault}: {check.StandardOutput}{check.StandardError}");
        // Of the moment that was asked for, not of an earlier one.
        var count = await SnapshotLab.OnPartitionAsync("debugfs", raw, "-R", "cat /root/count");
        Assert.InRange(int.Parse(count.StandardOutput, CultureInfo.InvariantCulture), since, await lab.CountAsync() + 10);
        File.Delete(saved);
        File.Delete(raw);
    }

    private async Task AssertReadBackAsync(string fault)
    {
        var images = await ImagesAsync();
        foreach (var known in _read.Keys)
            Assert.True(images.Any(image => Text(image, "id") == known), $"{fault}: image {known} was active and is lost");
        foreach (var id in images.Select(image => Text(image, "id")))
        {
            var hashed = await lab.Cloud.HashedAsync(id);
            await using var data = await lab.Cloud.Http.GetStreamAsync($"/image/v2/images/{id}/file");
            var read = Convert.ToHexStringLower(await SHA512.HashDataAsync(data));
            Assert.True(Text(hashed, "os_hash_value") == read, $"{fault}: image {id} is {read} and should be {Text(hashed, "os_hash_value")}");
            if (!_read.TryAdd(id, read))
                Assert.True(_read[id] == read, $"{fault}: image {id} was {_read[id]} once and is {read}");
        }

        await using var source = File.OpenRead(lab.ImageFile);
        Assert.Equal(Convert.ToHexStringLower(await SHA512.HashDataAsync(source)), _read[lab.Image]);
    }

    private async Task ForgetAsync(int kept)
    {
        foreach (var old in (await lab.Cloud.SnapshotsOfAsync(lab.Instance)).OrderByDescending(image => Text(image, "created_at"), StringComparer.Ordinal).Skip(kept))
        {
            _read.Remove(Text(old, "id"));
            await lab.Cloud.DeleteImageAsync(Text(old, "id"));
        }
    }

    private async Task<List<JsonElement>> ImagesAsync() => [.. (await lab.Cloud.GetAsync("/image/v2/images?limit=1000")).GetProperty("images").EnumerateArray()];

    private static async Task QemuImgAsync(params string[] arguments)
    {
        var run = await Cli.Wrap("qemu-img").WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync();
        Assert.True(run.ExitCode == 0, $"qemu-img {string.Join(' ', arguments)}: {run.StandardOutput}{run.StandardError}");
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
