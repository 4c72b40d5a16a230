using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using CliWrap;
using CliWrap.Buffered;
using Tintype.GuestTests.Snapshots;
using Tintype.Qemu.Process;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Faults;

/// <summary>
/// A server without an operating system, whose disk is written to from outside, through the very device that a guest has, and the model of that disk. Its
/// QEMU writes what it is told and nothing else.
/// </summary>
internal sealed class ProvenServer(TintypeServer host, Cloud cloud, string id, DiskModel model, Func<string, string> file) : IAsyncDisposable
{
    private const int Sector = 512;
    private const int Cluster = 64 * 1024;

    // Images that are kept, and what each should hold.
    private readonly List<(string Id, string Format, DiskModel Model)> _kept = [];
    private Wiretap? _tap;
    private string _device = "";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Home => Path.Combine(host.DataDirectory, "servers", id);

    /// <summary>To be called while no server runs; again after each start of the guest.</summary>
    public async Task TapAsync()
    {
        await UntapAsync();
        _tap = new Wiretap(Path.Combine(Home, GuestFiles.QmpSocket));
        _device = "";
    }

    /// <summary>The guest has ended, and with it its sockets.</summary>
    public async Task UntapAsync()
    {
        if (_tap is not null)
            await _tap.DisposeAsync();
        _tap = null;
    }

    public void ForgetSocket() => File.Delete(Path.Combine(Home, $"{GuestFiles.QmpSocket}.qemu"));

    public Task FlushAsync() => DiskAsync("flush");

    /// <summary>One random change, to the disk and to its model.</summary>
    public async Task ChangeAsync(Random random)
    {
        // Half of them where others have been, so that one cluster is written in many ways.
        var start = random.Next(2) == 0 ? random.NextInt64(model.Length / Sector) : random.NextInt64(Math.Min(model.Length, 2 << 20) / Sector);
        var (offset, length) = (start * Sector, random.Next(1, random.Next(3) == 0 ? 2048 : 64) * (long)Sector);
        if (random.Next(3) == 0)
            (offset, length) = (offset / Cluster * Cluster, Math.Max(1, length / Cluster) * Cluster);
        length = Math.Min(length, model.Length - offset);
        switch (random.Next(6))
        {
            case 0:
                await DiskAsync($"write -z {offset} {length}");
                model.Fill(offset, length, 0);
                break;
            case 1:
                await DiskAsync($"write -z -u {offset} {length}");
                model.Fill(offset, length, 0);
                break;
            case 2:
                // Whole clusters read as zeros afterwards; a disk may leave of the rest what was there.
                offset = offset / Cluster * Cluster;
                length = Math.Min(Math.Max(length / Cluster, 1) * Cluster, (model.Length - offset) / Cluster * Cluster);
                if (length == 0)
                    break;
                await DiskAsync($"discard {offset} {length}");
                model.Fill(offset, length, 0);
                break;
            default:
                var pattern = (byte)random.Next(0, 256);
                await DiskAsync($"write -P {pattern} {offset} {length}");
                model.Fill(offset, length, pattern);
                break;
        }
    }

    /// <summary>Takes a snapshot and goes on changing the disk as soon as its moment has passed, and while it is read.</summary>
    public async Task SnapshotAsync(Random random, string name, bool isRunning)
    {
        DiskModel? then = isRunning ? null : model.Copy();
        var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (isRunning)
        {
            _tap!.OnPassing = passing =>
            {
                if (passing is { Name: "transaction", IsAnswer: false })
                    then = model.Copy();
                else if (passing is { Name: "transaction", IsAnswer: true })
                    passed.TrySetResult();
                return Task.CompletedTask;
            };
        }

        var taking = cloud.SnapshotAsync(id, name);
        if (isRunning)
        {
            await Task.WhenAny(passed.Task, taking);
            for (var i = 0; i < 4; i++)
                await ChangeAsync(random);
        }

        var image = await taking;
        var format = image.GetProperty("disk_format").GetString()!;
        var made = (image.GetProperty("id").GetString()!, format, then!);
        await ReadBackAsync(random, made);
        _kept.Add(made);
        // Others share their chunks with it, whichever of them goes.
        var another = random.Next(_kept.Count);
        await ReadBackAsync(random, _kept[another]);
        if (_kept.Count > 4)
        {
            await cloud.DeleteImageAsync(_kept[another].Id);
            _kept.RemoveAt(another);
        }
    }

    public async Task<bool> IsActiveAsync() => await cloud.StatusAsync(id) == "ACTIVE";

    public async Task ActAsync(string action, string status)
    {
        await cloud.ActAsync(id, action);
        await Cloud.UntilAsync(() => cloud.StatusAsync(id), now => now == status);
    }

    public async Task KillAsync()
    {
        await FlushAsync();
        var pid = int.Parse(await File.ReadAllTextAsync(Path.Combine(Home, "qemu.pid"), Ct), CultureInfo.InvariantCulture);
        Assert.Contains(pid, TintypeServer.GuestPids(host.DataDirectory));
        using (var process = System.Diagnostics.Process.GetProcessById(pid))
            process.Kill();
        await Cloud.UntilAsync(() => cloud.StatusAsync(id), now => now == "SHUTOFF");
    }

    /// <summary>Every image that is kept, and then none, and no server.</summary>
    public async Task EndAsync(Random random)
    {
        foreach (var image in _kept)
            await ReadBackAsync(random, image);
        using var gone = await cloud.Http.DeleteAsync($"/compute/v2.1/servers/{id}", Ct);
        Assert.Equal(204, (int)gone.StatusCode);
        await Cloud.UntilAsync(async () => (int)(await cloud.Http.GetAsync($"/compute/v2.1/servers/{id}", Ct)).StatusCode, status => status == 404);
        // The server that they were made of does not matter to them.
        foreach (var image in _kept)
        {
            await ReadBackAsync(random, image);
            await cloud.DeleteImageAsync(image.Id);
        }
    }

    public ValueTask DisposeAsync() => new(UntapAsync());

    private async Task DiskAsync(string command)
    {
        if (_device.Length == 0)
            _device = (await _tap!.AskAsync("query-block")).EnumerateArray().Select(d => d.GetProperty("qdev").GetString()!).First(d => d.Contains("disk0-device", StringComparison.Ordinal));
        var answer = (await _tap!.AskAsync("human-monitor-command", new JsonObject { ["command-line"] = $"qemu-io -d {_device} \"{command}\"" })).GetString()!;
        // What became of it, QEMU says on its standard output; what did not become of it, the model will tell.
        Assert.True(answer.Length == 0, $"{command}: {answer}");
    }

    private async Task ReadBackAsync(Random random, (string Id, string Format, DiskModel Model) image)
    {
        var what = $"image {image.Id}, {image.Format}";
        var (saved, raw) = (file($"{id}.{image.Format}"), file($"{id}.read"));
        await cloud.SaveAsync(image.Id, saved);
        if (image.Format == "raw")
        {
            await AssertIsAsync(image.Model, saved, what);
        }
        else
        {
            await QemuImgAsync("check", "-q", "-f", image.Format, saved);
            await QemuImgAsync("convert", "-f", image.Format, "-O", "raw", saved, raw);
            await AssertIsAsync(image.Model, raw, what);
        }

        await using var whole = File.OpenRead(saved);
        for (var i = 0; i < 4; i++)
        {
            var first = random.NextInt64(whole.Length);
            var length = (int)Math.Min(random.NextInt64(1, random.Next(2) == 0 ? 1000 : 1 << 20), whole.Length - first);
            var expected = new byte[length];
            if (image.Format == "raw")
            {
                expected = image.Model.Read(first, length);
            }
            else
            {
                whole.Position = first;
                await whole.ReadExactlyAsync(expected, Ct);
            }

            using var request = new HttpRequestMessage(HttpMethod.Get, $"/image/v2/images/{image.Id}/file");
            request.Headers.Range = new RangeHeaderValue(first, first + length - 1);
            using var answer = await cloud.Http.SendAsync(request, Ct);
            Assert.Equal(206, (int)answer.StatusCode);
            var ranged = await answer.Content.ReadAsByteArrayAsync(Ct);
            Assert.True(expected.AsSpan().SequenceEqual(ranged), $"{what}: bytes {first} to {first + length - 1} differ");
        }
    }

    private static async Task AssertIsAsync(DiskModel model, string path, string what)
    {
        await using var disk = File.OpenRead(path);
        await model.AssertIsAsync(disk, what);
    }

    private static async Task QemuImgAsync(params string[] arguments)
    {
        var run = await Cli.Wrap("qemu-img").WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Ct);
        Assert.True(run.ExitCode == 0, $"qemu-img {string.Join(' ', arguments)}: {run.StandardOutput}{run.StandardError}");
    }
}
