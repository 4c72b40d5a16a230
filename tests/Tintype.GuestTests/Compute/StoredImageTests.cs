using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CliWrap;
using Tintype.GuestTests.Snapshots;
using Tintype.Qemu.Nbd.Sockets;
using Tintype.Qemu.Process;
using Tintype.Qemu.Qmp;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Compute;

/// <summary>
/// Servers of an image that lies in a store of chunks, where QEMU cannot open it, under a data directory whose parent only root may pass.
/// </summary>
public sealed class StoredImageTests : IAsyncLifetime
{
    /// <summary>Writes all the time, and reads its whole disk slowly, from front to back; says on the console how far it has come with either, and that it lives.</summary>
    private const string Script = """
        (n=0; while :; do n=$((n+1)); echo BEAT-$n. > /dev/ttyS0; usleep 200000; done) &
        (n=0; while :; do n=$((n+1)); echo $n > /root/count; sync; echo WRITER-$n. > /dev/ttyS0; usleep 200000; done) &
        disk=$(sed -n 's/.* \([a-z]*\)$/\1/p' /proc/partitions | grep -E '^(vda|sda)$')
        (n=0; while [ $n -lt 160 ]; do dd if=/dev/$disk of=/dev/null bs=1M skip=$n count=1 2>/root/dd || echo READ-FAILED > /dev/ttyS0; n=$((n+1)); echo READ-$n. > /dev/ttyS0; usleep 50000; done
         dmesg | grep -iE 'i/o error|ext4-fs error|remount' | sed 's/^/HARM: /' > /dev/ttyS0; echo READ-ALL. > /dev/ttyS0) &
        """;

    private readonly TemporaryDirectory _folder = new();
    private TintypeServer _server = null!;
    private Cloud _cloud = null!;
    private string _id = "";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Home => Path.Combine(_server.DataDirectory, "servers", _id);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _cloud.Dispose();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_guest_reads_on_through_the_end_and_the_return_of_tintype()
    {
        var image = await StartAsync("raw", "--Compute:FillRate=0", "--Compute:OutagePatience=600");
        await UntilReadAsync(10);
        Assert.True(File.Exists(Path.Combine(Home, "base.qcow2")));

        await _server.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(3), Ct);
        var stuck = await ReadAsync();
        // What it waits for is the disk, also where it writes a part of a cluster; all else goes on.
        await AssertGoesOnAsync("BEAT");
        Assert.Equal(stuck, await ReadAsync());
        await _server.StartAgainAsync();
        await _cloud.SignInAsync();
        await UntilReadAsync(stuck + 10);
        await AssertGoesOnAsync("WRITER");
        await _server.StopAsync();
        await AssertGoesOnAsync("BEAT");
        await _server.StartAgainAsync();
        await _cloud.SignInAsync();

        await AssertUnharmedAsync();
        Assert.Equal("ACTIVE", await _cloud.StatusAsync(_id));
        // Neither what verifies an image nor what takes a snapshot needs a file of it.
        await _cloud.PostAsync($"/tintype/v1/images/{image}/verify", new JsonObject(), HttpStatusCode.Accepted);
        var snapshot = await _cloud.SnapshotAsync(_id, "of-a-stored-image");
        await AssertHasRootAsync(snapshot.GetProperty("id").GetString()!);
        await Cloud.UntilAsync(() => _cloud.GetAsync($"/image/v2/images/{image}"),
            i => i.TryGetProperty("tintype_verified", out var verdict) && verdict.GetString() == "passed");
    }

    [Fact]
    public async Task A_guest_stands_still_while_tintype_is_away_for_too_long_and_goes_on_afterwards()
    {
        await StartAsync("qcow2", "--Compute:FillRate=0", "--Compute:OutagePatience=2");
        await UntilReadAsync(10);

        await _server.KillAsync();
        await using (var qmp = await QmpClient.ConnectAsync(Path.Combine(Home, GuestFiles.QmpSocket), Ct))
            await Cloud.UntilAsync(async () => (await qmp.ExecuteAsync("query-status", null, Ct)).GetProperty("status").GetString(), status => status == "io-error");
        await _server.StartAgainAsync();
        await _cloud.SignInAsync();

        await AssertUnharmedAsync();
        await AssertGoesOnAsync("WRITER");
        Assert.Equal("ACTIVE", await _cloud.StatusAsync(_id));
    }

    // Ten minutes of waiting: in the soak alone.
    [Fact(Explicit = true)]
    [Trait("run", "soak")]
    public async Task A_guest_whose_reads_nobody_serves_for_ten_minutes_goes_on_afterwards()
    {
        await StartAsync("qcow2", "--Compute:FillRate=0");
        await UntilReadAsync(10);

        await _server.KillAsync();
        await Task.Delay(TimeSpan.FromMinutes(10), Ct);
        await _server.StartAgainAsync();
        await _cloud.SignInAsync();

        await AssertUnharmedAsync();
        await AssertGoesOnAsync("WRITER");
        await AssertGoesOnAsync("BEAT");
        Assert.Equal("ACTIVE", await _cloud.StatusAsync(_id));
        await AssertHasRootAsync((await _cloud.SnapshotAsync(_id, "after-the-outage")).GetProperty("id").GetString()!);
    }

    [Fact]
    public async Task A_guest_that_has_all_of_its_image_needs_the_store_no_more()
    {
        await StartAsync("raw", "--Compute:FillRate=1000");
        await Cloud.UntilAsync(() => Task.FromResult(IsListening()), listens => !listens);
        // What has been stored is put out of everybody's reach.
        Directory.Move(Path.Combine(_server.DataDirectory, "stores", "deep"), _folder.Combine("away"));

        await AssertUnharmedAsync();
        var boots = await BootsAsync();
        await _cloud.PostAsync($"/compute/v2.1/servers/{_id}/action", new JsonObject { ["reboot"] = new JsonObject { ["type"] = "HARD" } }, HttpStatusCode.Accepted);
        await Cloud.UntilAsync(BootsAsync, now => now == boots + 1);
        await _cloud.ActAsync(_id, "os-stop");
        await Cloud.UntilAsync(() => _cloud.StatusAsync(_id), status => status == "SHUTOFF");
        await _cloud.ActAsync(_id, "os-start");
        await Cloud.UntilAsync(BootsAsync, now => now == boots + 2);
        Assert.Equal("ACTIVE", await _cloud.StatusAsync(_id));
    }

    private async Task<string> StartAsync(string format, params string[] arguments)
    {
        var closed = Directory.CreateDirectory(_folder.Combine("closed"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _server = await TintypeServer.StartAsync(Path.Combine(closed.FullName, "data"),
            ["--Images:Stores:deep:Driver=chunks", "--Images:Stores:flat:Driver=local", "--Images:DefaultStore=deep", .. arguments]);
        _cloud = new Cloud(_server, "tintype");
        await _cloud.SignInAsync();
        var file = _folder.Combine($"demo.{format}");
        await Cli.Wrap("qemu-img").WithArguments(["convert", "-f", "qcow2", "-O", format, Repository.DemoGuest, file]).ExecuteAsync(Ct);
        var image = await _cloud.UploadAsync(file, format, ("hw_qemu_guest_agent", "yes"));
        _id = await _cloud.CreateServerAsync("stored", image, Script);
        await Cloud.UntilAsync(BootsAsync, boots => boots == 1);
        return image;
    }

    private Task<string> ConsoleAsync() => File.ReadAllTextAsync(Path.Combine(Home, "console.log"), Ct);

    private async Task<int> BootsAsync() => Regex.Count(await ConsoleAsync(), "tintype-demo: boot");

    private Task<int> ReadAsync() => LastAsync("READ");

    private async Task UntilReadAsync(int pieces) => await Cloud.UntilAsync(ReadAsync, read => read >= pieces);

    private async Task AssertGoesOnAsync(string word)
    {
        var now = await LastAsync(word);
        await Cloud.UntilAsync(() => LastAsync(word), later => later > now + 2);
    }

    private async Task AssertUnharmedAsync()
    {
        await Cloud.UntilAsync(ConsoleAsync, console => console.Contains("READ-ALL.", StringComparison.Ordinal));
        var console = await ConsoleAsync();
        Assert.DoesNotContain("READ-FAILED", console, StringComparison.Ordinal);
        Assert.DoesNotContain("HARM:", console, StringComparison.Ordinal);
    }

    private async Task<int> LastAsync(string word)
    {
        var last = Regex.Matches(await ConsoleAsync(), $@"{word}-(\d+)\.").LastOrDefault();
        return last is null ? 0 : int.Parse(last.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
    }

    private bool IsListening()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(Home, IDiskSockets.SocketName)));
            return true;
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return false;
        }
    }

    /// <summary>The snapshot is a whole disk, whose file system is in order but for what a running guest leaves in its journal.</summary>
    private async Task AssertHasRootAsync(string image)
    {
        var file = _folder.Combine("snapshot");
        await _cloud.SaveAsync(image, file);
        var format = (await _cloud.GetAsync($"/image/v2/images/{image}")).GetProperty("disk_format").GetString()!;
        var raw = _folder.Combine("snapshot.raw");
        await Cli.Wrap("qemu-img").WithArguments(["convert", "-f", format, "-O", "raw", file, raw]).ExecuteAsync(Ct);
        var checkedDisk = await SnapshotLab.OnPartitionAsync("debugfs", raw, "-R", "cat /root/count");
        Assert.Matches(@"^\d+", checkedDisk.StandardOutput);
    }
}
