using System.Net;
using System.Text.Json.Nodes;
using CliWrap;
using Tintype.GuestTests.Snapshots;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Faults;

/// <summary>
/// Random writes, discards, restarts and snapshots against a model of the disk. Two servers get the same of everything, one of a raw image and one of the same
/// content as qcow2, so that every state is read back as both. Servers are not resized here; every so many rounds there are others, of another size, on
/// disks larger than their image too, and of images in another store: a file that QEMU opens, and one of chunks, which it reads through the server.
/// </summary>
[Trait("run", "soak")]
public sealed class ContentProofTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Seed = 20261128;
    private const int RoundsOfAPair = 25;

    private readonly TemporaryDirectory _folder = new();
    private TintypeServer _server = null!;
    private Cloud _cloud = null!;
    private Cloud _admin = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TintypeServer.StartAsync(_folder.Combine("data"), "--Images:Stores:flat:Driver=local", "--Images:Stores:deep:Driver=chunks", "--Images:DefaultStore=flat",
            "--Images:Chunks:Collection:GracePeriod=00:00:00", "--Images:Chunks:Collection:Interval=00:00:05", "--Compute:ShutdownTimeout=1");
        _cloud = new Cloud(_server, "tintype");
        _admin = new Cloud(_server, "tintype-admin");
        await SignInAsync();
        foreach (var gib in (int[])[0, 1])
        {
            await _admin.PostAsync("/compute/v2.1/flavors", new JsonObject
            {
                ["flavor"] = new JsonObject { ["name"] = $"p1.{gib}", ["ram"] = 64, ["vcpus"] = 1, ["disk"] = gib },
            }, HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Every_snapshot_is_the_disk_as_it_was_at_its_moment()
    {
        var rounds = Soak.IsFull ? Math.Max(200, Soak.Rounds(0)) : 4;
        var random = new Random(Seed);
        var tally = new Dictionary<string, int>();
        for (var round = 0; round < rounds;)
        {
            var pair = await BeginAsync(random, round / RoundsOfAPair);
            var last = Math.Min(rounds, round + RoundsOfAPair);
            for (; round < last; round++)
            {
                var seed = random.Next();
                try
                {
                    var word = await RoundAsync(pair, round, seed);
                    tally[word] = tally.GetValueOrDefault(word) + 1;
                }
                catch
                {
                    output.WriteLine($"round {round}, seed {Seed}, the round's own {seed}\n{_server.Output}");
                    throw;
                }
            }

            foreach (var proven in pair)
                await proven.EndAsync(random);
            foreach (var proven in pair)
                await proven.DisposeAsync();
        }

        output.WriteLine($"{rounds} rounds, {2 * rounds} snapshots, seed {Seed}: {string.Join(", ", tally.Select(t => $"{t.Value} with {t.Key}"))}");
    }

    private async Task<string> RoundAsync(ProvenServer[] pair, int round, int seed)
    {
        var random = new Random(seed);
        var changes = random.Next(1, 24);
        foreach (var proven in pair)
        {
            var same = new Random(seed);
            for (var i = 0; i < changes; i++)
                await proven.ChangeAsync(same);
        }

        var what = random.Next(8) switch { 0 => "a stop", 1 => "a kill of QEMU", 2 => "a restart of the server", 3 => "a kill of the server", _ => "no restart" };
        var isOff = what is "a stop" or "a kill of QEMU";
        foreach (var proven in pair)
        {
            if (what == "a stop")
                await proven.ActAsync("os-stop", "SHUTOFF");
            else if (what == "a kill of QEMU")
                await proven.KillAsync();
        }

        if (what == "a restart of the server")
            await _server.StopAsync();
        else if (what == "a kill of the server")
            await _server.KillAsync();
        if (what.EndsWith("the server", StringComparison.Ordinal))
        {
            await _server.StartAgainAsync();
            await SignInAsync();
        }

        // Of a stopped one half of the time; else it is started first, on what the end left.
        if (isOff && random.Next(2) == 0)
            await StartAsync(pair);
        var isRunning = !isOff || await pair[0].IsActiveAsync();
        foreach (var proven in pair)
            await proven.SnapshotAsync(new Random(seed + 1), $"round {round}", isRunning);
        if (!isRunning)
            await StartAsync(pair);
        return what;
    }

    private async Task<ProvenServer[]> BeginAsync(Random random, int generation)
    {
        // Not of whole clusters.
        var content = new byte[(8 << 20) + (random.Next(1, 4096) * 512)];
        random.NextBytes(content.AsSpan(0, content.Length / 3));
        random.NextBytes(content.AsSpan(content.Length / 2, content.Length / 4));
        var grown = generation % 4 == 3;
        var length = grown ? 1L << 30 : content.Length;
        var raw = _folder.Combine("proof.raw");
        await File.WriteAllBytesAsync(raw, content);
        var qcow2 = _folder.Combine("proof.qcow2");
        await Cli.Wrap("qemu-img").WithArguments(["convert", "-f", "raw", "-O", "qcow2", raw, qcow2]).ExecuteAsync();
        var deep = generation % 2 == 0;
        output.WriteLine($"pair {generation}: {length} bytes of {content.Length}, raw in {(deep ? "chunks" : "a file")}, qcow2 in {(deep ? "a file" : "chunks")}");
        var pair = new List<ProvenServer>();
        foreach (var (path, format, store) in new[] { (raw, "raw", deep ? "deep" : "flat"), (qcow2, "qcow2", deep ? "flat" : "deep") })
        {
            var image = await _cloud.UploadToAsync(store, path, format);
            var id = await _cloud.CreateServerAsync($"proof-{format}", image, "true", grown ? "p1.1" : "p1.0");
            pair.Add(new ProvenServer(_server, _cloud, id, DiskModel.Of(content, length), _folder.Combine));
        }

        await TapAsync([.. pair]);
        return [.. pair];
    }

    private async Task StartAsync(ProvenServer[] pair)
    {
        foreach (var proven in pair)
        {
            await proven.UntapAsync();
            proven.ForgetSocket();
            await proven.ActAsync("os-start", "ACTIVE");
        }

        await TapAsync(pair);
    }

    private async Task TapAsync(ProvenServer[] pair)
    {
        await _server.StopAsync();
        foreach (var proven in pair)
            await proven.TapAsync();
        await _server.StartAgainAsync();
        await SignInAsync();
    }

    private async Task SignInAsync()
    {
        await _cloud.SignInAsync();
        await _admin.SignInAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _cloud.Dispose();
        _admin.Dispose();
        await _server.DisposeAsync();
        _folder.Dispose();
    }
}
