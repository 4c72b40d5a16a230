using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Tintype.Qemu.Process;
using Xunit;

namespace Tintype.GuestTests.Qemu;

public sealed class GuestLifeTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_guest_runs_confined_survives_its_starter_and_its_own_shutdown_is_told_from_its_death()
    {
        await using var guest = new TestGuest();
        await guest.MakeOverlayAsync(Ct);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var spec = guest.Spec() with { Nic = new GuestNic("virtio-net-pci", "52:54:00:00:00:01", null) };
        await guest.StartAsync(spec, Ct);

        AssertConfined(guest);
        await guest.BootAsync(Ct);
        Assert.Contains("login:", await ConsoleWithPromptAsync(guest), StringComparison.Ordinal);

        await guest.RunAsync("echo kept > /root/file; sync", Ct);
        await AssertHostIsOutOfReachAsync(guest, listener);

        // The starter's end: the process goes on, and another finds it.
        var pid = guest.Process.Pid;
        await guest.ReattachAsync(Ct);
        Assert.Equal(pid, guest.Process.Pid);
        Assert.Equal("kept\n", await guest.RunAsync("cat /root/file", Ct));

        await guest.Process.Qmp.ExecuteAsync("system_powerdown", null, Ct);
        var exit = await guest.Process.Exited.WaitAsync(TestGuest.AnswerLimit, Ct);
        Assert.Equal(new GuestExit(GuestExitKind.GuestShutdown, null), exit);
        Assert.False(Directory.Exists($"/proc/{pid}"));
        Assert.Null(await TestGuest.Launcher.AttachAsync(guest.Directory, Ct));

        // Again on the same disk; this time it is killed.
        await guest.Process.DisposeAsync();
        await guest.StartAsync(spec with { Nic = null }, Ct);
        using (var qemu = Process.GetProcessById(guest.Process.Pid))
            qemu.Kill();
        exit = await guest.Process.Exited.WaitAsync(TestGuest.AnswerLimit, Ct);
        Assert.Equal(GuestExitKind.Failed, exit.Kind);
        Assert.Contains("signal 9", exit.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_in_qemus_own_words_and_leaves_no_process()
    {
        await using var guest = new TestGuest();
        await guest.MakeOverlayAsync(Ct);
        var spec = guest.Spec() with { Nic = new GuestNic("no-such-card", "52:54:00:00:00:01", null) };

        var refused = await Assert.ThrowsAsync<GuestStartException>(() => guest.StartAsync(spec, Ct));

        Assert.Contains("'no-such-card' is not a valid device model name", refused.Message, StringComparison.Ordinal);
        Assert.Null(await TestGuest.Launcher.AttachAsync(guest.Directory, Ct));
    }

    [Fact]
    public async Task A_missing_base_is_named()
    {
        await using var guest = new TestGuest();
        await guest.MakeOverlayAsync(Ct);
        var spec = guest.Spec();
        spec = spec with { Disks = [spec.Disks[0] with { Layers = [spec.Disks[0].Layers[0], new DiskLayer("/nowhere/base.raw", "raw")] }] };

        var refused = await Assert.ThrowsAsync<GuestStartException>(() => guest.StartAsync(spec, Ct));

        Assert.Contains("/nowhere/base.raw", refused.Message, StringComparison.Ordinal);
    }

    private static void AssertConfined(TestGuest guest)
    {
        var status = File.ReadAllLines($"/proc/{guest.Process.Pid}/status")
            .Select(line => line.Split(':', 2)).ToDictionary(parts => parts[0], parts => parts[1].Trim());
        Assert.Equal("2", status["Seccomp"]);
        Assert.Equal("1", status["NoNewPrivs"]);
        if (!Environment.IsPrivilegedProcess)
            return;
        var uid = guest.Uid.ToString(CultureInfo.InvariantCulture);
        Assert.Equal([uid, uid, uid, uid], status["Uid"].Split('\t'));
        Assert.Equal([uid, uid, uid, uid], status["Gid"].Split('\t'));
        Assert.Equal("", status["Groups"]);
        Assert.All((string[])["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"], set => Assert.Equal("0000000000000000", status[set]));
    }

    private static async Task<string> ConsoleWithPromptAsync(TestGuest guest)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TestGuest.AnswerLimit);
        while (!guest.Console().Contains("login:", StringComparison.Ordinal))
            await Task.Delay(100, limit.Token);
        return guest.Console();
    }

    private static async Task AssertHostIsOutOfReachAsync(TestGuest guest, TcpListener listener)
    {
        Assert.Contains("10.0.2.0/24 dev eth0", await guest.RunAsync("ip route replace default via 10.0.2.2; ip route", Ct), StringComparison.Ordinal);
        // The program works: the guest's own ssh server greets.
        Assert.StartsWith("SSH-2.0", await guest.RunAsync("nc -w 3 127.0.0.1 22 < /dev/null", Ct), StringComparison.Ordinal);
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var reached = await guest.Agent.ExecuteAsync("/bin/sh", ["-c", $"nc -w 3 10.0.2.2 {port} < /dev/null"], TestGuest.AnswerLimit, Ct);
        Assert.NotEqual(0, reached.ExitCode);
        Assert.False(listener.Pending());
    }
}
