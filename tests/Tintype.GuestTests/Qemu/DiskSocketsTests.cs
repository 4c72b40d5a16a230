using System.Diagnostics;
using System.Globalization;
using CliWrap;
using CliWrap.Buffered;
using Microsoft.Extensions.Logging.Abstractions;
using Tintype.Qemu.Nbd.Sockets;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Qemu;

/// <summary>The sockets that guests read their stored disks at, with the real process that keeps them and with the real tools of QEMU.</summary>
public sealed class DiskSocketsTests : IAsyncDisposable
{
    private const int Mib = 1024 * 1024;
    private const uint Uid = 1_899_100_000;
    private const string Disk = "3b4f2f0e-0f3c-4dd8-8a4e-4f8f1f3d1c11";

    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(2);

    private readonly TemporaryDirectory _folder = new();
    private readonly List<Process> _programs = [];
    private DiskSockets _sockets;

    public DiskSocketsTests()
    {
        Directory.CreateDirectory(_folder.Combine("guest"));
        Directory.CreateDirectory(_folder.Combine("disks"));
        Exports = new FileExports(_folder.Combine("disks"));
        _sockets = NewServer();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private FileExports Exports { get; }

    private string Guest => _folder.Combine("guest");

    private string Raw => Path.Combine(_folder.Combine("disks"), Disk);

    private string Socket => Path.Combine(Guest, IDiskSockets.SocketName);

    public async ValueTask DisposeAsync()
    {
        await _sockets.DisposeAsync();
        foreach (var program in _programs)
        {
            program.Kill();
            await program.WaitForExitAsync();
            program.Dispose();
        }

        await UntilNoKeeperAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_tools_of_qemu_see_the_disk_as_it_is()
    {
        await MakeDiskAsync();
        await _sockets.OfferAsync(Guest, Uid, [Disk], Ct);
        var url = $"nbd+unix:///{Disk}?socket={Socket}";

        await RunAsync("qemu-img", "compare", "-f", "raw", "-F", "raw", Raw, url);
        var copy = _folder.Combine("copy.raw");
        await RunAsync("qemu-img", "convert", "-f", "raw", "-O", "raw", "-m", "8", "-W", url, copy);
        Assert.Equal(await File.ReadAllBytesAsync(Raw, Ct), await File.ReadAllBytesAsync(copy, Ct));
        var map = (await RunAsync("qemu-img", "map", "--output=json", "-f", "raw", url)).StandardOutput;
        Assert.Contains("\"zero\": true, \"data\": false", map, StringComparison.Ordinal);
        await RunAsync("qemu-io", "-r", "-f", "raw", "-c", "aio_read 0 1M", "-c", "aio_read 5M 3M", "-c", "aio_read 1M 4k", "-c", "aio_flush", url);

        var refused = await Cli.Wrap("qemu-io").WithArguments(["-f", "raw", "-c", "write 0 4k", url]).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Ct);
        Assert.NotEqual(0, refused.ExitCode);
        var unknown = await Cli.Wrap("qemu-img").WithArguments(["info", $"nbd+unix:///other?socket={Socket}"]).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Ct);
        Assert.Contains("There is no such export", unknown.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_zeros_is_told_and_not_read()
    {
        await File.WriteAllBytesAsync(Raw, new byte[64 * Mib], Ct);
        await _sockets.OfferAsync(Guest, Uid, [Disk], Ct);

        await RunAsync("qemu-img", "convert", "-f", "raw", "-O", "qcow2", $"nbd+unix:///{Disk}?socket={Socket}", _folder.Combine("copy.qcow2"));
        await RunAsync("qemu-io", "-r", "-f", "raw", "-c", "read -P 0 0 32M", $"nbd+unix:///{Disk}?socket={Socket}");

        Assert.Equal(0, Exports.Read);
    }

    [Fact]
    public async Task Who_connects_while_there_is_no_server_is_served_by_the_next_one()
    {
        await MakeDiskAsync();
        StartProgram();
        await _sockets.OfferAsync(Guest, Uid, [Disk], Ct);
        await _sockets.DisposeAsync();
        var waiting = RunAsync("qemu-img", "compare", "-f", "raw", "-F", "raw", Raw, $"nbd+unix:///{Disk}?socket={Socket}");
        await UntilConnectedAsync();
        Assert.False(waiting.IsCompleted);

        _sockets = NewServer();
        await _sockets.ResumeAsync(Ct);

        await waiting.WaitAsync(_limit, Ct);
        Assert.True(_sockets.IsOffered(Guest));
    }

    [Fact]
    public async Task The_keeper_ends_when_neither_a_server_nor_a_guest_needs_it()
    {
        await MakeDiskAsync();
        var program = StartProgram();
        await _sockets.OfferAsync(Guest, Uid, [Disk], Ct);
        var keeper = Assert.Single(Keepers());
        await _sockets.DisposeAsync();
        program.Kill();

        await UntilGoneAsync(keeper.Id);

        Assert.False(File.Exists(_folder.Combine("room/keeper.sock")));
        _sockets = NewServer();
        await _sockets.ResumeAsync(Ct);
        Assert.False(_sockets.IsOffered(Guest));
        await _sockets.OfferAsync(Guest, Uid, [Disk], Ct);
        await RunAsync("qemu-img", "info", $"nbd+unix:///{Disk}?socket={Socket}");
    }

    [Fact]
    public async Task A_keeper_that_is_killed_is_replaced_and_knows_what_the_first_one_knew()
    {
        await MakeDiskAsync();
        StartProgram();
        await _sockets.OfferAsync(Guest, Uid, [Disk], Ct);
        var first = Assert.Single(Keepers());
        first.Kill();
        await UntilGoneAsync(first.Id);
        await Snapshots.Cloud.UntilAsync(() => Task.FromResult(Keepers().Count), count => count == 1);
        await Snapshots.Cloud.UntilAsync(() => Task.FromResult(Holds(Keepers()[0])), holds => holds);

        await _sockets.DisposeAsync();
        _sockets = NewServer();
        await _sockets.ResumeAsync(Ct);

        Assert.True(_sockets.IsOffered(Guest));
        await RunAsync("qemu-img", "info", $"nbd+unix:///{Disk}?socket={Socket}");
    }

    [Fact]
    public async Task The_keeper_outlives_the_signals_that_end_a_server_and_is_small()
    {
        await MakeDiskAsync();
        StartProgram();
        await _sockets.OfferAsync(Guest, Uid, [Disk], Ct);
        var keeper = Assert.Single(Keepers());
        foreach (var signal in (string[])["-TERM", "-INT", "-HUP"])
            await RunAsync("kill", signal, keeper.Id.ToString(CultureInfo.InvariantCulture));
        var status = await File.ReadAllLinesAsync($"/proc/{keeper.Id}/status", Ct);
        var resident = long.Parse(status.Single(l => l.StartsWith("RssAnon:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
        TestContext.Current.TestOutputHelper?.WriteLine($"{resident} KiB of its own; {status.Single(l => l.StartsWith("VmRSS", StringComparison.Ordinal))}");
        Assert.InRange(resident, 1, 40 * 1024);
        Assert.Equal(["/dev/null", "/dev/null", Path.Combine(_folder.Combine("room"), "keeper.log")],
            Enumerable.Range(0, 3).Select(n => new FileInfo($"/proc/{keeper.Id}/fd/{n}").LinkTarget));

        await _sockets.DisposeAsync();
        _sockets = NewServer();
        await _sockets.ResumeAsync(Ct);
        Assert.True(_sockets.IsOffered(Guest));
    }

    [Fact]
    public async Task A_socket_that_is_withdrawn_is_nobodys()
    {
        await MakeDiskAsync();
        StartProgram();
        await _sockets.OfferAsync(Guest, Uid, [Disk], Ct);
        await _sockets.WithdrawAsync(Guest);

        var refused = await Cli.Wrap("qemu-img").WithArguments(["info", $"nbd+unix:///{Disk}?socket={Socket}"]).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Ct);

        Assert.Contains("Connection refused", refused.StandardError, StringComparison.Ordinal);
        await _sockets.DisposeAsync();
        _sockets = NewServer();
        await _sockets.ResumeAsync(Ct);
        Assert.False(_sockets.IsOffered(Guest));
    }

    [Fact]
    public async Task A_link_in_the_place_of_the_socket_is_replaced_and_not_followed()
    {
        await MakeDiskAsync();
        var other = _folder.Combine("precious");
        await File.WriteAllTextAsync(other, "precious", Ct);
        File.CreateSymbolicLink(Socket, other);

        await _sockets.OfferAsync(Guest, Uid, [Disk], Ct);

        Assert.Equal("precious", await File.ReadAllTextAsync(other, Ct));
        Assert.Null(new FileInfo(Socket).LinkTarget);
        await RunAsync("qemu-img", "info", $"nbd+unix:///{Disk}?socket={Socket}");
    }

    private DiskSockets NewServer() => new(_folder.Combine("room"), [Repository.ServerExecutable], Exports, NullLogger<DiskSockets>.Instance);

    private async Task MakeDiskAsync()
    {
        await using var file = File.Create(Raw);
        file.SetLength(40 * Mib);
        var random = new Random(20261128);
        for (var i = 0; i < 30; i++)
        {
            var run = new byte[random.Next(1, 300) * 1024];
            random.NextBytes(run);
            file.Position = random.NextInt64(0, (file.Length - run.Length) / 512) * 512;
            await file.WriteAsync(run, Ct);
        }
    }

    /// <summary>Stands for the guest: something that runs in its directory.</summary>
    private Process StartProgram()
    {
        var program = Process.Start(new ProcessStartInfo("sleep", ["600"]) { WorkingDirectory = Guest, RedirectStandardOutput = true, RedirectStandardError = true })!;
        _programs.Add(program);
        return program;
    }

    private List<Process> Keepers()
    {
        var found = new List<Process>();
        foreach (var process in Process.GetProcesses())
        {
            var command = $"/proc/{process.Id}/cmdline";
            if (File.Exists(command) && IsKeeper(command))
                found.Add(process);
            else
                process.Dispose();
        }

        return found;
    }

    private bool IsKeeper(string commandLine)
    {
        try
        {
            var words = File.ReadAllText(commandLine).Split('\0');
            return words.Contains(SocketKeeper.Command) && words[0] == Repository.ServerExecutable && words.Contains(Path.Combine(_folder.Combine("room"), "keeper.sock"));
        }
        catch (IOException)
        {
            // It has ended since.
            return false;
        }
    }

    /// <summary>Whether it has a descriptor of the guest's socket, whose number is the last but one column of the kernel's table.</summary>
    private bool Holds(Process keeper)
    {
        var inode = Sockets().Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]).First();
        return Directory.EnumerateFiles($"/proc/{keeper.Id}/fd").Any(fd => new FileInfo(fd).LinkTarget == $"socket:[{inode}]");
    }

    private IEnumerable<string> Sockets() => File.ReadLines("/proc/net/unix").Where(line => line.EndsWith(Socket, StringComparison.Ordinal));

    /// <summary>A connection that nobody has accepted yet is in the kernel's table beside the listener.</summary>
    private async Task UntilConnectedAsync() => await Snapshots.Cloud.UntilAsync(
        () => Task.FromResult(Sockets().Count()), count => count >= 2);

    private async Task UntilNoKeeperAsync()
    {
        foreach (var keeper in Keepers())
            await UntilGoneAsync(keeper.Id);
    }

    // One that has ended, and is yet to be collected by whoever started it, has no command line any more.
    private async Task UntilGoneAsync(int pid) => await Snapshots.Cloud.UntilAsync(() => Task.FromResult(IsKeeper($"/proc/{pid}/cmdline")), there => !there);

    private static async Task<BufferedCommandResult> RunAsync(string program, params string[] arguments) =>
        await Cli.Wrap(program).WithArguments(arguments).ExecuteBufferedAsync(Ct);
}
