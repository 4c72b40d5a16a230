using System.Text.Json.Nodes;
using CliWrap;
using Microsoft.Extensions.Logging.Abstractions;
using Tintype.GuestTests.Snapshots;
using Tintype.Qemu.Disks;
using Tintype.Qemu.GuestAgent;
using Tintype.Qemu.Nbd.Sockets;
using Tintype.Qemu.Process;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Qemu;

/// <summary>The demo guest on a disk that is no file of its host, without a server: who gives it the disk comes and goes.</summary>
public sealed class StoredDiskGuestTests : IAsyncDisposable
{
    private const uint Uid = 1_899_200_000;
    private const string Disk = "demo";

    private readonly TemporaryDirectory _folder = new();
    private readonly FileExports _exports;
    private DiskSockets _sockets;
    private IGuestProcess? _guest;

    public StoredDiskGuestTests()
    {
        System.IO.Directory.CreateDirectory(Directory);
        System.IO.Directory.CreateDirectory(_folder.Combine("disks"));
        _exports = new FileExports(_folder.Combine("disks"));
        _sockets = NewServer();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Directory => _folder.Combine("guest");

    private string Raw => Path.Combine(_folder.Combine("disks"), Disk);

    private IGuestAgent Agent => _guest!.Agent!;

    public async ValueTask DisposeAsync()
    {
        if (_guest is not null)
        {
            await _guest.KillAsync(CancellationToken.None);
            await _guest.DisposeAsync();
        }

        await _sockets.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_guest_does_not_notice_that_its_server_has_gone_for_a_while()
    {
        await BootAsync(patience: 600);
        Assert.InRange(_exports.Read, 1, new FileInfo(Raw).Length / 2);
        await StartWriterAsync();
        await ServerGoesAsync();
        var read = Agent.ExecuteAsync("/bin/sh", ["-c", ReadAll], TestGuest.AnswerLimit, Ct);
        // It waits for what it has not read yet, also where it writes a part of a cluster; all else goes on.
        await AssertGoesOnAsync("BEAT");
        await AssertGoesOnAsync("BEAT");
        Assert.False(read.IsCompleted, "what is read is in nobody's hands, and yet it has been read");

        await ServerComesAsync();

        Assert.Equal(0, (await read).ExitCode);
        Assert.Equal("running", await StateAsync());
        await AssertGoesOnAsync("WRITER");
        await AssertUnharmedAsync();
    }

    [Fact]
    public async Task A_guest_whose_server_is_away_for_too_long_stands_still_and_goes_on()
    {
        await BootAsync(patience: 2);
        await StartWriterAsync();
        await ServerGoesAsync();
        var read = Agent.ExecuteAsync("/bin/sh", ["-c", ReadAll], TestGuest.BootLimit, Ct);
        await Cloud.UntilAsync(StateAsync, state => state == "io-error");

        await ServerComesAsync();

        await Cloud.UntilAsync(StateAsync, state => state == "running");
        Assert.Equal(0, (await read).ExitCode);
        await AssertGoesOnAsync("WRITER");
        await AssertUnharmedAsync();
    }

    [Fact]
    public async Task The_overlay_holds_what_the_guest_wrote_and_the_cache_what_it_read()
    {
        await BootAsync(patience: 60);
        await RunAsync(ReadAll);
        await RunAsync("head -c 5000000 /dev/urandom > /root/five; sync");
        var cache = new FileInfo(Path.Combine(Directory, "base.qcow2")).Length;
        var overlay = new FileInfo(Path.Combine(Directory, "disk.qcow2")).Length;
        Assert.InRange(cache, 20L << 20, 200L << 20);
        Assert.InRange(overlay, 5_000_000, 16L << 20);
        // No limit: the guest's kernel goes on zeroing inode tables for as long as it runs, which is written and takes no room.
        Assert.True(await DirtyAsync() >= 5_000_000);
    }

    [Fact]
    public async Task A_filled_guest_needs_no_server_and_starts_without_one()
    {
        await BootAsync(patience: 60);
        await RunAsync("echo kept > /root/kept; sync");
        await _guest!.Qmp.ExecuteAsync("block-stream", new JsonObject { ["job-id"] = "fill", ["device"] = "disk0-1" }, Ct);
        await Cloud.UntilAsync(async () => (await _guest.Qmp.ExecuteAsync("query-jobs", null, Ct)).GetArrayLength(), count => count == 0);
        var flushed = await _guest.Qmp.ExecuteAsync("human-monitor-command", new JsonObject { ["command-line"] = "qemu-io disk0-1 flush" }, Ct);
        Assert.Equal("", flushed.GetString());
        foreach (var node in (string[])["disk0-2", "disk0-2-file"])
            await _guest.Qmp.ExecuteAsync("blockdev-del", new JsonObject { ["node-name"] = node }, Ct);
        await _sockets.WithdrawAsync(Directory);
        File.Delete(Raw);

        await RunAsync(ReadAll);
        await _guest.KillAsync(Ct);
        await _guest.DisposeAsync();
        await StartAsync([Layer("disk.qcow2"), Layer("base.qcow2")], patience: 60);

        Assert.Equal("kept", (await RunAsync("cat /root/kept")).Trim());
        await RunAsync(ReadAll);
        await AssertUnharmedAsync();
    }

    /// <summary>All of the file system's files, past the guest's own memory.</summary>
    private const string ReadAll = "echo 3 > /proc/sys/vm/drop_caches; find / -xdev -type f -exec cat {} + > /dev/null";

    private async Task BootAsync(int patience)
    {
        await Cli.Wrap("qemu-img").WithArguments(["convert", "-f", "qcow2", "-O", "raw", Repository.DemoGuest, Raw]).ExecuteAsync(Ct);
        var tools = new DiskTools(_folder.Combine("exports"));
        var stored = new DiskLayer(Disk, "raw", IsStored: true);
        await tools.CreateOverlayAsync(Path.Combine(Directory, "disk.qcow2"), stored, 1L << 30, Ct);
        await tools.CreateEmptyAsync(Path.Combine(Directory, "base.qcow2"), new FileInfo(Raw).Length, Ct);
        await StartAsync([Layer("disk.qcow2"), Layer("base.qcow2"), stored], patience);
    }

    private async Task StartAsync(IReadOnlyList<DiskLayer> layers, int patience)
    {
        var launcher = new GuestLauncher(_ => Task.FromResult(Accelerator.Tcg), NullLogger<GuestLauncher>.Instance, _sockets);
        _guest = await launcher.StartAsync(new GuestSpec(Guid.NewGuid(), "test", Directory, MemoryMib: 256, Vcpus: 1,
            [new GuestDisk(layers, DiskBus.Virtio)], Nic: null, ConfigDrive: null, AgentChannel: true, Uid, patience), Ct);
        Assert.True(await Agent.RespondsAsync(TestGuest.BootLimit, Ct), $"The guest did not boot:\n{await ConsoleAsync()}");
    }

    private DiskLayer Layer(string file) => new(Path.Combine(Directory, file), "qcow2");

    private DiskSockets NewServer() => new(_folder.Combine("room"), [Repository.ServerExecutable], _exports, NullLogger<DiskSockets>.Instance);

    private async Task ServerGoesAsync() => await _sockets.DisposeAsync();

    private async Task ServerComesAsync()
    {
        _sockets = NewServer();
        await _sockets.ResumeAsync(Ct);
        Assert.True(_sockets.IsOffered(Directory));
    }

    private async Task<string> StateAsync() => (await _guest!.Qmp.ExecuteAsync("query-status", null, Ct)).GetProperty("status").GetString()!;

    private async Task StartWriterAsync() => await RunAsync("""
        (n=0; while :; do n=$((n+1)); echo $n > /root/count; sync; echo WRITER > /dev/ttyS0; sleep 0.1; done) > /dev/null 2>&1 &
        (while :; do echo BEAT > /dev/ttyS0; sleep 0.1; done) > /dev/null 2>&1 &
        """);

    private async Task AssertGoesOnAsync(string word)
    {
        var now = await CountAsync(word);
        await Cloud.UntilAsync(() => CountAsync(word), later => later > now + 5);
    }

    private async Task<int> CountAsync(string word) => (await ConsoleAsync()).Split(word).Length;

    private async Task AssertUnharmedAsync() => Assert.Equal("", (await RunAsync("dmesg | grep -iE 'i/o error|ext4-fs error|remount' || true")).Trim());

    /// <summary>Bytes that the overlay's bitmap marks.</summary>
    private async Task<long> DirtyAsync()
    {
        var nodes = await _guest!.Qmp.ExecuteAsync("query-named-block-nodes", new JsonObject { ["flat"] = true }, Ct);
        var bitmap = nodes.EnumerateArray().Single(n => n.GetProperty("node-name").GetString() == "disk0").GetProperty("dirty-bitmaps").EnumerateArray()
            .Single(b => b.GetProperty("name").GetString() == IDiskTools.FirstBitmap);
        Assert.True(bitmap.GetProperty("persistent").GetBoolean() && bitmap.GetProperty("recording").GetBoolean());
        return bitmap.GetProperty("count").GetInt64();
    }

    private async Task<string> ConsoleAsync()
    {
        await using var console = GuestFiles.TryOpen(Directory, GuestFiles.ConsoleLog);
        if (console is null)
            return "";
        using var reader = new StreamReader(console);
        return await reader.ReadToEndAsync(Ct);
    }

    private async Task<string> RunAsync(string script)
    {
        var result = await Agent.ExecuteAsync("/bin/sh", ["-c", script], TestGuest.AnswerLimit, Ct);
        Assert.True(result.ExitCode == 0, $"'{script}' ended with {result.ExitCode}: {result.StandardError}");
        return result.StandardOutput;
    }
}
