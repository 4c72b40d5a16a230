using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tintype.GuestTests.Snapshots;
using Tintype.Qemu.GuestAgent;
using Tintype.Qemu.Process;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Faults;

/// <summary>
/// A real server and one real guest that writes all the time, with a tap on what the two say to each other. One is used for many faults: what each leaves
/// is seen by <see cref="Invariant"/>, and the next begins from there.
/// </summary>
public sealed class FaultLab : IAsyncDisposable
{
    /// <summary>Within this the watchdog has thawed the guest.</summary>
    public static readonly TimeSpan ThawWithin = TimeSpan.FromSeconds(15);

    // Its count is there whole, whenever its disk is looked at; on the console it comes every second or so: a frozen guest falls silent.
    private const string Writer = """
        (n=$(( $(cat /root/count 2>/dev/null) + 0 )); while :; do n=$((n+1)); echo $n > /root/next; mv /root/next /root/count; date > /root/f$((n % 50)); sync; [ $((n % 5)) = 0 ] && echo "WRITER-$n." > /dev/ttyS0; usleep 20000; done) &
        """;

    private readonly TemporaryDirectory _folder = new();
    private readonly string[] _arguments;
    private Wiretap? _qmp;
    private Wiretap? _agent;

    private FaultLab(string[] arguments) => _arguments = arguments;

    public TintypeServer Server { get; private set; } = null!;

    internal Cloud Cloud { get; private set; } = null!;

    internal Cloud Admin { get; private set; } = null!;

    internal Wiretap Qmp => _qmp!;

    internal Invariant Invariant { get; private set; } = null!;

    /// <summary>What the guest was made of, and the file that was uploaded.</summary>
    public string Image { get; private set; } = "";

    public string ImageFile => File("demo.qcow2");

    public string Instance { get; private set; } = "";

    public string InstanceDirectory => Path.Combine(Server.DataDirectory, "servers", Instance);

    public string File(string name) => _folder.Combine(name);

    /// <param name="dataDirectory">Where the server keeps its data; a directory of its own if null.</param>
    public static async Task<FaultLab> StartAsync(string? dataDirectory = null, params string[] arguments)
    {
        var lab = new FaultLab(["--Snapshots:Capture:ThawWithin=00:00:15", "--Snapshots:Capture:FreezeWithin=00:00:10", "--Snapshots:Capture:AgentAnswersWithin=00:00:10",
            "--Logging:LogLevel:Tintype=Information", .. arguments]);
        try
        {
            await lab.SetUpAsync(dataDirectory ?? lab.File("data"));
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    private async Task SetUpAsync(string dataDirectory)
    {
        Server = await TintypeServer.StartAsync(dataDirectory, _arguments);
        Cloud = new Cloud(Server, "tintype");
        Admin = new Cloud(Server, "tintype-admin");
        await SignInAsync();
        // A disk no larger than its image: what is read back after each fault is then read in no time.
        await Admin.PostAsync("/compute/v2.1/flavors", new JsonObject
        {
            ["flavor"] = new JsonObject { ["name"] = "f1.fault", ["ram"] = 256, ["vcpus"] = 1, ["disk"] = 0 },
        }, HttpStatusCode.OK);
        System.IO.File.Copy(Repository.DemoGuest, ImageFile);
        Image = await Cloud.UploadAsync(ImageFile, "qcow2", ("hw_qemu_guest_agent", "yes"), ("os_require_quiesce", "yes"));
        Instance = await Cloud.CreateServerAsync("writer", Image, Writer, "f1.fault");
        Invariant = new Invariant(this);
        await BootedAsync(1);
        await TapAsync();
    }

    /// <summary>Puts the taps in; the server is started anew for it.</summary>
    public async Task TapAsync(params string[] launcher)
    {
        await Server.StopAsync();
        await RemoveTapsAsync();
        _qmp = new Wiretap(Path.Combine(InstanceDirectory, GuestFiles.QmpSocket));
        _agent = new Wiretap(Path.Combine(InstanceDirectory, GuestFiles.AgentSocket));
        await RestartAsync(launcher);
    }

    public async Task RestartAsync(params string[] launcher)
    {
        await Server.StartAgainAsync(launcher);
        await SignInAsync();
    }

    public async Task SignInAsync()
    {
        await Cloud.SignInAsync();
        await Admin.SignInAsync();
    }

    /// <summary>Starts the guest again after its end, with taps on its new sockets.</summary>
    public async Task BootAgainAsync()
    {
        var boots = await BootsAsync();
        // Their names are the new QEMU's.
        await RemoveTapsAsync();
        foreach (var socket in Directory.EnumerateFiles(InstanceDirectory, "*.sock.qemu"))
            System.IO.File.Delete(socket);
        await Cloud.ActAsync(Instance, "os-start");
        await Cloud.UntilAsync(() => Cloud.StatusAsync(Instance), status => status == "ACTIVE");
        await BootedAsync(boots + 1);
        await TapAsync();
        // What came with the config drive is run once an instance.
        await InGuestAsync("setsid /var/lib/cloud/user_data > /dev/null 2>&1 < /dev/null &");
    }

    /// <summary>Once, at this step of the next snapshot.</summary>
    /// <returns>Ends when <paramref name="strike"/> has; never, if it does not come to the step.</returns>
    public Task At(Step step, Func<Task> strike)
    {
        var struck = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = step.Nth;
        async Task OnPassing(Passing passing)
        {
            if (passing.Name != step.Name || passing.IsAnswer != step.IsAnswered || Interlocked.Decrement(ref left) != 0)
                return;
            try
            {
                await strike();
                struck.TrySetResult();
            }
#pragma warning disable CA1031 // Whoever waits for the strike hears of it.
            catch (Exception failed)
#pragma warning restore CA1031
            {
                struck.TrySetException(failed);
            }
        }

        _qmp!.OnPassing = OnPassing;
        _agent!.OnPassing = OnPassing;
        return struck.Task;
    }

    /// <summary>From here on nothing is struck.</summary>
    public void Calm()
    {
        _qmp!.OnPassing = _ => Task.CompletedTask;
        _agent!.OnPassing = _ => Task.CompletedTask;
    }

    /// <summary>Asks for a snapshot.</summary>
    public SnapshotAttempt Begin(string name) => SnapshotAttempt.Begin(this, name);

    public void KillGuest()
    {
        var pid = int.Parse(System.IO.File.ReadAllText(Path.Combine(InstanceDirectory, "qemu.pid")), CultureInfo.InvariantCulture);
        Assert.Contains(pid, TintypeServer.GuestPids(Server.DataDirectory));
        using var process = System.Diagnostics.Process.GetProcessById(pid);
        process.Kill();
    }

    /// <summary>Runs a script in the guest, by the agent itself, without the server.</summary>
    public async Task<string> InGuestAsync(string script)
    {
        await using var agent = new GuestAgentClient(Path.Combine(InstanceDirectory, $"{GuestFiles.AgentSocket}.qemu"));
        var result = await agent.ExecuteAsync("/bin/sh", ["-c", script], TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.True(result.ExitCode == 0, $"'{script}' ended with {result.ExitCode}: {result.StandardError}");
        return result.StandardOutput;
    }

    /// <summary>How far the guest has written. From the console's file, since the server may be down.</summary>
    public async Task<int> CountAsync()
    {
        var last = Regex.Matches(await ConsoleAsync(), @"WRITER-(\d+)\.").LastOrDefault();
        return last is null ? 0 : int.Parse(last.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
    }

    /// <summary>How often the guest has said a word on its console.</summary>
    public async Task<int> SaidAsync(string word) => Regex.Count(await ConsoleAsync(), Regex.Escape(word));

    /// <summary>Processes that wait to thaw this lab's guest.</summary>
    public IReadOnlyList<string> Watchdogs() => [.. Directory.EnumerateDirectories("/proc").Where(process =>
    {
        try
        {
            var command = System.IO.File.ReadAllText(Path.Combine(process, "cmdline"));
            return command.Contains("thaw-watchdog", StringComparison.Ordinal) && command.Contains(InstanceDirectory, StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    })];

    private async Task BootedAsync(int boots) => await Cloud.UntilAsync(BootsAsync, now => now >= boots);

    private async Task<int> BootsAsync() => Regex.Count(await ConsoleAsync(), "tintype-demo: boot");

    private Task<string> ConsoleAsync() => System.IO.File.ReadAllTextAsync(Path.Combine(InstanceDirectory, "console.log"));

    private async Task RemoveTapsAsync()
    {
        if (_qmp is not null)
            await _qmp.DisposeAsync();
        if (_agent is not null)
            await _agent.DisposeAsync();
        (_qmp, _agent) = (null, null);
    }

    public async ValueTask DisposeAsync()
    {
        Cloud?.Dispose();
        Admin?.Dispose();
        if (Server is not null)
            await Server.DisposeAsync();
        await RemoveTapsAsync();
        _folder.Dispose();
    }
}
