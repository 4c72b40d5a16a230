using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using Tintype.TestSupport;
using Xunit;
using static Tintype.GuestTests.Walk.WalkSteps;

namespace Tintype.GuestTests.Walk;

/// <summary>
/// The page's walk on what users bring: a Debian cloud image, whose own cloud-init makes each boot the instance it is to be. It boots for minutes
/// without KVM, so only <c>./dev soak</c> runs it, which builds the image.
/// </summary>
public sealed class DebianCloudImageTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const long Gib = 1024L * 1024 * 1024;

    private readonly TemporaryDirectory _folder = new();
    private readonly Stopwatch _clock = new();
    private readonly string _work = $"a day of work {Guid.NewGuid()}";
    private TintypeServer _server = null!;
    private OpenStackClient _mine = null!;
    private WalkSteps _steps = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Key => _folder.Combine("key");

    public async ValueTask InitializeAsync()
    {
        Assert.True(File.Exists(Repository.DebianGuest), $"{Repository.DebianGuest} is not there; ./dev soak builds it.");
        _server = await TintypeServer.StartAsync(_folder.Combine("data"), "--Snapshots:Verification:BootWithin=00:15:00");
        _mine = new OpenStackClient(_server, "tintype");
        _steps = new WalkSteps(_server, TimeSpan.FromMinutes(20));
        await Cli.Wrap("ssh-keygen").WithArguments(["-q", "-t", "ed25519", "-N", "", "-f", Key]).ExecuteAsync(Ct);
        _clock.Start();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact(Explicit = true)]
    [Trait("run", "soak")]
    public async Task A_debian_with_real_cloud_init_is_kept_running_and_stopped_and_is_another_instance_wherever_it_boots()
    {
        await _mine.RunAsync("keypair", "create", "--public-key", Key + ".pub", "mine");
        await _mine.RunAsync(["image", "create", "--disk-format", "qcow2", "--container-format", "bare", .. PageProperties, "--file", Repository.DebianGuest, "Debian-12"]);
        var image = await _mine.JsonAsync("image", "show", "Debian-12");
        Lap("image create");

        // cloud-init takes everything from the config drive: the name, the key, a file, what is to be run; and grows the disk
        var id = await CreateServerAsync("my-debian", "Debian-12", $"""
            write_files:
            - path: /root/work
              content: "{_work}"
            """);
        var port = await AssertIsInstanceAsync("my-debian", id);
        Assert.Equal(_work, await SshAsync(port, "sudo cat /root/work"));
        Assert.InRange(long.Parse(await SshAsync(port, "df --output=size -B1 / | tail -1"), CultureInfo.InvariantCulture), 9 * Gib, 10 * Gib);
        Assert.StartsWith("/dev/sda", await SshAsync(port, "findmnt -no SOURCE /"), StringComparison.Ordinal);
        var hostKey = await SshAsync(port, "cat /etc/ssh/ssh_host_ed25519_key.pub");
        // Not synced by hand: freezing does that.
        await SshAsync(port, $"echo '{_work}' | sudo tee /root/by-hand");

        var running = await _steps.SnapshotAsync(_mine, "my-debian", "Kept-Running", image, "filesystem");
        Lap($"snapshot while it runs, frozen for {running.GetProperty("properties").GetProperty("tintype_frozen_ms")} ms; to its hashes");
        await SshAsync(port, "echo later | sudo tee /root/later");
        await _mine.RunAsync("server", "stop", "my-debian");
        await _steps.StatusUntilAsync(_mine, "my-debian", "SHUTOFF");
        Lap("server stop");
        var stopped = await _steps.SnapshotAsync(_mine, "my-debian", "Kept-Stopped", image, "offline");
        Lap("snapshot while it is off; to its hashes");

        var saved = _folder.Combine("my-custom-image.qcow2");
        await _mine.RunAsync("image", "save", "--file", saved, "Kept-Stopped");
        Assert.Equal(Text(stopped, "checksum"), await Md5Async(saved));
        await Cli.Wrap("qemu-img").WithArguments(["check", "-q", "-f", "qcow2", saved]).ExecuteAsync(Ct);
        Lap($"image save, {new FileInfo(saved).Length >> 20} MiB");

        foreach (var (snapshot, hasLater) in new[] { ("Kept-Running", false), ("Kept-Stopped", true) })
        {
            var name = $"from-{snapshot.ToLowerInvariant()}";
            var copy = await CreateServerAsync(name, snapshot, "write_files:\n- path: /root/copy\n  content: of another instance");
            port = await AssertIsInstanceAsync(name, copy);
            Assert.Equal($"{_work}\n{_work}\nof another instance", await SshAsync(port, "sudo cat /root/work; echo; sudo cat /root/by-hand /root/copy"));
            Assert.Equal(hasLater ? "later" : "", await SshAsync(port, "sudo sh -c 'cat /root/later 2>/dev/null || true'"));
            Assert.NotEqual(hostKey, await SshAsync(port, "cat /etc/ssh/ssh_host_ed25519_key.pub"));
            await _mine.RunAsync("server", "delete", "--wait", name);
        }

        output.WriteLine((await _steps.VerifyAsync(_mine, Text(stopped, "id"))).ToString());
        Lap("boot & test");
        await _mine.RunAsync("image", "delete", "Debian-12", "Kept-Running", "Kept-Stopped");
        await _mine.RunAsync("server", "start", "my-debian");
        await _steps.PollAsync(() => _mine.RunAsync("console", "log", "show", "my-debian"), log => Regex.Count(log, "finished at") == 2);
        Lap("my-debian: started again");
        Assert.Equal($"my-debian\n{hostKey}", await SshAsync(await PortAsync("my-debian"), "hostname; cat /etc/ssh/ssh_host_ed25519_key.pub"));
        await _mine.RunAsync("server", "delete", "--wait", "my-debian");
        Assert.Empty(TintypeServer.GuestPids(_server.DataDirectory));
    }

    /// <returns>The server's id.</returns>
    private async Task<string> CreateServerAsync(string name, string image, string cloudConfig)
    {
        var userData = _folder.Combine(name);
        await File.WriteAllTextAsync(userData, $"#cloud-config\n{cloudConfig}\nruncmd:\n- [sh, -c, 'echo RUN-BY-CLOUD-INIT on $(hostname) > /dev/ttyS0']\n", Ct);
        await _mine.RunAsync("server", "create", "--wait", "--image", image, "--flavor", "t1.medium", "--key-name", "mine", "--user-data", userData, "--config-drive", "true", name);
        return Text(await _mine.JsonAsync("server", "show", name), "id");
    }

    /// <summary>Waits for the end of cloud-init, and looks whether the guest has become the instance.</summary>
    /// <returns>The port that leads to its ssh.</returns>
    private async Task<string> AssertIsInstanceAsync(string name, string id)
    {
        var console = await _steps.ConsoleUntilAsync(_mine, name, "finished at");
        Lap($"{name}: to the end of cloud-init");
        Assert.Matches(@"Cloud-init v\. \S+ finished at .* Datasource DataSourceConfigDrive", console);
        Assert.Contains($"RUN-BY-CLOUD-INIT on {name}", console, StringComparison.Ordinal);
        var port = await PortAsync(name);
        Assert.Equal("status: done", await SshAsync(port, "cloud-init status --wait | tail -1"));
        Assert.Equal($"{name}\n{id}", await SshAsync(port, "hostname; sudo cat /var/lib/cloud/data/instance-id"));
        return port;
    }

    private async Task<string> PortAsync(string name) => Text(await _mine.JsonAsync("server", "show", name), "tintype:ssh")["127.0.0.1:".Length..];

    /// <returns>What the command printed, without the last line's end.</returns>
    private async Task<string> SshAsync(string port, string command)
    {
        var ran = await Cli.Wrap("ssh").WithArguments(
        [
            "-F", "none", "-i", Key, "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
            "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=120", "-p", port, "debian@127.0.0.1", command,
        ]).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Ct);
        Assert.True(ran.ExitCode == 0, $"{command} ended with {ran.ExitCode}:\n{ran.StandardError}{ran.StandardOutput}");
        return ran.StandardOutput.TrimEnd('\n');
    }

    private void Lap(string what)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds,6:F1} s  {what}"));
        _clock.Restart();
    }
}
