using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using Tintype.GuestTests.Qemu;
using Tintype.GuestTests.Snapshots;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Compute;

/// <summary>
/// One server's whole life through its API, on a guest that really runs, under a data directory whose parent only root may pass:
/// made, rebooted, outliving two ends of Tintype, stopped, killed, deleted.
/// </summary>
public sealed partial class ServerLifeTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string PublicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0EYH0bEXX1v7rXJ9F0Ssk3GdEQYhLWqcKcdLqDTcWh life@test";
    private const string UserData = "#!/bin/sh\necho \"KEY-IS: $(cat /root/.ssh/authorized_keys)\"\n";
    private const int Mib = 1024 * 1024;
    private const int Earlier = 16 * Mib;
    private const int Flood = 64 * 1024;

    // Far more than it takes on a quiet machine, and far less than a user would wait.
    private static readonly TimeSpan _seenWithin = TimeSpan.FromSeconds(15);

    private readonly TemporaryDirectory _folder = new();
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TintypeServer _server = null!;
    private Cloud _cloud = null!;
    private string _id = "";
    private int _boots;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Home => Path.Combine(_server.DataDirectory, "servers", _id);

    private string Console => Path.Combine(Home, "console.log");

    private int Qemu => int.Parse(File.ReadAllText(Path.Combine(Home, "qemu.pid")), CultureInfo.InvariantCulture);

    public async ValueTask InitializeAsync()
    {
        var closed = Directory.CreateDirectory(_folder.Combine("closed"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _server = await TintypeServer.StartAsync(Path.Combine(closed.FullName, "data"), TintypeServer.WithDemoGuest);
        _cloud = new Cloud(_server, "tintype");
        await _cloud.SignInAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _cloud.Dispose();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_server_lives_through_reboots_and_restarts_is_seen_when_it_dies_and_leaves_nothing()
    {
        await CreateAsync();
        await AssertConfigDriveAsync();
        await AssertConsoleAsync();
        await RebootAsync("SOFT");
        await RebootAsync("HARD");
        await OutliveAsync("SIGTERM", _server.StopAsync, FloodConsoleAsync);
        await AssertConsoleIsBoundedAsync();
        await OutliveAsync("SIGKILL", _server.KillAsync, () => Task.CompletedTask);
        await StopAsync();
        await StartAsync();
        await DieAsync();
        await StartAsync();
        await DieUnseenAsync();
        await StartAsync();
        await DeleteAsync();
    }

    private async Task CreateAsync()
    {
        await _cloud.PostAsync("/compute/v2.1/os-keypairs",
            new JsonObject { ["keypair"] = new JsonObject { ["name"] = "life", ["public_key"] = PublicKey } }, HttpStatusCode.Created);
        var image = (await _cloud.GetAsync("/image/v2/images?name=tintype-linux")).GetProperty("images")[0].GetProperty("id").GetString();
        var flavor = (await _cloud.GetAsync("/compute/v2.1/flavors")).GetProperty("flavors").EnumerateArray()
            .First(f => f.GetProperty("name").GetString() == "t1.tiny").GetProperty("id").GetString();
        var made = await _cloud.PostAsync("/compute/v2.1/servers", new JsonObject
        {
            ["server"] = new JsonObject
            {
                ["name"] = "A long life", ["hostname"] = "long-life", ["imageRef"] = image, ["flavorRef"] = flavor, ["key_name"] = "life", ["networks"] = "none",
                ["config_drive"] = true, ["user_data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(UserData)),
                ["metadata"] = new JsonObject { ["role"] = "ünï \"quoted\"", ["empty"] = "" },
            },
        }, HttpStatusCode.Accepted);
        _id = made.GetProperty("server").GetProperty("id").GetString()!;
        await UntilAsync("ACTIVE");
        await BootedAsync();
        Said("created and booted");
    }

    private async Task AssertConfigDriveAsync()
    {
        var iso = Path.Combine(Home, "config-drive.iso");
        Assert.Contains("Volume id: config-2\n", await IsoAsync("-d", "-i", iso), StringComparison.Ordinal);
        foreach (var version in (string[])["latest", "2018-08-27"])
        {
            Assert.Equal(UserData, await FileOnDriveAsync(iso, $"/openstack/{version}/user_data"));
            var meta = JsonDocument.Parse(await FileOnDriveAsync(iso, $"/openstack/{version}/meta_data.json")).RootElement;
            Assert.Equal((_id, "A long life", "long-life"), (Text(meta, "uuid"), Text(meta, "name"), Text(meta, "hostname")));
            AssertJson("""{"empty": "", "role": "ünï \"quoted\""}""", meta.GetProperty("meta").GetRawText());
            AssertJson($$"""{"life": "{{PublicKey}}"}""", meta.GetProperty("public_keys").GetRawText());
            AssertJson($$"""[{"name": "life", "type": "ssh", "data": "{{PublicKey}}"}]""", meta.GetProperty("keys").GetRawText());
            AssertJson("""{"links": [], "networks": [], "services": []}""", await FileOnDriveAsync(iso, $"/openstack/{version}/network_data.json"));
        }
    }

    private async Task AssertConsoleAsync()
    {
        var console = await Cloud.UntilAsync(() => _cloud.ConsoleAsync(_id), c => c.Contains("user data ended with 0", StringComparison.Ordinal));
        Assert.Contains($"KEY-IS: {PublicKey}\n", console, StringComparison.Ordinal);
        Assert.Contains("boot 1 of long-life", console, StringComparison.Ordinal);
        var action = new JsonObject { ["os-getConsoleOutput"] = new JsonObject { ["length"] = 2 } };
        var two = Text(await _cloud.PostAsync($"/compute/v2.1/servers/{_id}/action", action, HttpStatusCode.OK), "output");
        Assert.Equal(2, two.TrimEnd('\n').Split('\n').Length);
    }

    private async Task RebootAsync(string type)
    {
        var pid = Qemu;
        await _cloud.PostAsync($"/compute/v2.1/servers/{_id}/action", new JsonObject { ["reboot"] = new JsonObject { ["type"] = type } }, HttpStatusCode.Accepted);
        Assert.Equal(type == "SOFT" ? "REBOOT" : "HARD_REBOOT", await _cloud.StatusAsync(_id));
        await BootedAsync();
        await UntilAsync("ACTIVE");
        Assert.Equal(pid, Qemu);
        Assert.Null(await LastFailureAsync("reboot"));
        // The guest did it itself: its file system was closed, and nobody pressed the button.
        if (type == "SOFT")
            Assert.Contains("boot 2 of long-life", await _cloud.ConsoleAsync(_id), StringComparison.Ordinal);
        Assert.DoesNotContain("did not reboot by itself", _server.Output, StringComparison.Ordinal);
        Said($"rebooted, {type}");
    }

    private async Task OutliveAsync(string how, Func<Task> end, Func<Task> meanwhile)
    {
        var pid = Qemu;
        await end();
        Assert.True(Runs(pid));
        await meanwhile();
        await _server.StartAgainAsync();
        await _cloud.SignInAsync();
        Assert.Equal("ACTIVE", await _cloud.StatusAsync(_id));
        Assert.Equal(pid, Qemu);
        Said($"outlived {how} of the server");
    }

    /// <summary>
    /// While nobody watches, the log grows far over its bound: by what stands for a day of a guest that writes without end (the
    /// serial port gives 150 KiB/s), and then by what this one really writes.
    /// </summary>
    private async Task FloodConsoleAsync()
    {
        await using (var before = new FileStream(Console, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
            await before.WriteAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("yesterday\r\n", Earlier / 11))), Ct);
        Assert.InRange(await OccupiedAsync(Console), Earlier - 11, long.MaxValue);
        await using var guest = await TestGuest.Launcher.AttachAsync(Home, Ct);
        Assert.NotNull(guest?.Agent);
        await guest.Agent.ExecuteAsync("/bin/sh", ["-c", $"(sleep 2; yes 'a flood of words' | head -c {Flood}; echo; echo FLOOD-ENDED) > /dev/ttyS0 2>/dev/null < /dev/null &"], TestGuest.AnswerLimit, Ct);
    }

    private async Task AssertConsoleIsBoundedAsync()
    {
        await Cloud.UntilAsync(() => OccupiedAsync(Console), occupied => occupied <= 2 * Mib);
        var console = await Cloud.UntilAsync(() => _cloud.ConsoleAsync(_id), c => c.Contains("FLOOD-ENDED", StringComparison.Ordinal));
        // As much as Nova shows, without the carriage returns.
        Assert.InRange(console.Length, 90 * 1024, 100 * 1024);
        Assert.Matches("^[a-z]*\n(yesterday\n)+(a flood of words\n)+[a ]", console[..console.LastIndexOf("FLOOD-ENDED", StringComparison.Ordinal)]);
        Assert.DoesNotContain('\0', console);
        Said("the console is bounded");
    }

    private async Task StopAsync()
    {
        var pid = Qemu;
        await _cloud.ActAsync(_id, "os-stop");
        var server = await UntilAsync("SHUTOFF");
        Assert.False(server.TryGetProperty("fault", out _));
        // Of a guest that had to be forced off the action tells.
        Assert.Null(await LastFailureAsync("stop"));
        Assert.False(Runs(pid));
        Said("stopped");
    }

    private async Task StartAsync()
    {
        await _cloud.ActAsync(_id, "os-start");
        var server = await UntilAsync("ACTIVE");
        Assert.Equal(1, server.GetProperty("OS-EXT-STS:power_state").GetInt32());
        Assert.True(Runs(Qemu));
        Said("started");
    }

    private async Task DieAsync()
    {
        KillQemu();
        var killed = Stopwatch.StartNew();
        var server = await UntilAsync("SHUTOFF");
        Assert.InRange(killed.Elapsed, TimeSpan.Zero, _seenWithin);
        Assert.Equal("The guest ended by itself: QEMU was ended by signal 9.", Text(server.GetProperty("fault"), "message"));
        Assert.Equal(4, server.GetProperty("OS-EXT-STS:power_state").GetInt32());
        Assert.Contains("signal 9", await LastFailureAsync("stop"), StringComparison.Ordinal);
        Said($"seen as dead after {killed.ElapsedMilliseconds} ms");
    }

    private async Task DieUnseenAsync()
    {
        await _server.KillAsync();
        KillQemu();
        await _server.StartAgainAsync();
        await _cloud.SignInAsync();
        var server = await _cloud.ServerAsync(_id);
        Assert.Equal("SHUTOFF", Text(server, "status"));
        Assert.Equal("The guest ended while Tintype was not running, so that it is not known why.", Text(server.GetProperty("fault"), "message"));
        Said("died while nobody looked");
    }

    private void KillQemu()
    {
        using var qemu = Process.GetProcessById(Qemu);
        qemu.Kill();
    }

    private async Task DeleteAsync()
    {
        var pid = Qemu;
        using var deleted = await _cloud.Http.DeleteAsync($"/compute/v2.1/servers/{_id}", Ct);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await Cloud.UntilAsync(async () =>
        {
            using var shown = await _cloud.Http.GetAsync($"/compute/v2.1/servers/{_id}", Ct);
            return (shown.StatusCode, Server: await shown.Content.ReadAsStringAsync(Ct));
        }, answer => answer.StatusCode == HttpStatusCode.NotFound);
        Assert.False(Runs(pid));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_server.DataDirectory, "servers")));
        Assert.Empty(Directory.EnumerateFiles(_server.DataDirectory, "*.sock", SearchOption.AllDirectories));
        Assert.Empty((await _cloud.GetAsync("/compute/v2.1/servers")).GetProperty("servers").EnumerateArray());
        using var actions = await _cloud.Http.GetAsync($"/compute/v2.1/servers/{_id}/os-instance-actions", Ct);
        Assert.Equal(HttpStatusCode.NotFound, actions.StatusCode);
        Said("deleted");
    }

    private async Task BootedAsync()
    {
        _boots++;
        await Cloud.UntilAsync(() => _cloud.ConsoleAsync(_id), c => Boot().Count(c) == _boots);
    }

    /// <summary>Waits until the server has this status and nothing is under way with it.</summary>
    private Task<JsonElement> UntilAsync(string status) => Cloud.UntilAsync(() => _cloud.ServerAsync(_id),
        s => Text(s, "status") == status && s.GetProperty("OS-EXT-STS:task_state").ValueKind == JsonValueKind.Null);

    private async Task<string?> LastFailureAsync(string action) =>
        (await _cloud.GetAsync($"/compute/v2.1/servers/{_id}/os-instance-actions")).GetProperty("instanceActions").EnumerateArray()
        .First(a => Text(a, "action") == action).GetProperty("message").GetString();

    // An ended process that nobody has collected yet is gone as well: when its starter has ended first, that is for init to do.
    private static bool Runs(int pid) => File.Exists($"/proc/{pid}/stat") && File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1][0] is not ('Z' or 'X');

    private static void AssertJson(string expected, string found) => Assert.Equal(JsonText.Canonical(expected), JsonText.Canonical(found));

    private static Task<string> FileOnDriveAsync(string iso, string path) => IsoAsync("-R", "-x", path, "-i", iso);

    private static async Task<string> IsoAsync(params string[] arguments) =>
        (await Cli.Wrap("isoinfo").WithArguments(arguments).ExecuteBufferedAsync(Encoding.UTF8, Ct)).StandardOutput;

    private static async Task<long> OccupiedAsync(string file) => long.Parse(
        (await Cli.Wrap("du").WithArguments(["--block-size=1", file]).ExecuteBufferedAsync(Ct)).StandardOutput.Split('\t')[0], CultureInfo.InvariantCulture);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private void Said(string what) => output.WriteLine($"{_watch.Elapsed.TotalSeconds,6:0.0} s: {what}");

    [GeneratedRegex("tintype-demo: boot ")]
    private static partial Regex Boot();
}
