using Microsoft.Extensions.Logging.Abstractions;
using Tintype.Qemu.Disks;
using Tintype.Qemu.GuestAgent;
using Tintype.Qemu.Process;
using Tintype.TestSupport;

namespace Tintype.GuestTests.Qemu;

/// <summary>The demo guest on an overlay of its own, without a server.</summary>
internal sealed class TestGuest : IAsyncDisposable
{
    // Enough for a host on which several guests boot at a time without KVM.
    public static readonly TimeSpan BootLimit = TimeSpan.FromMinutes(4);

    public static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(60);

    // As high as those that the server hands out, and its own: tests of the server may run at the same time.
    private static uint _lastUid = 1_899_000_000;

    private readonly TemporaryDirectory _top = new();
    private IGuestProcess? _process;

    public TestGuest() => Overlay = Path.Combine(Directory, "disk.qcow2");

    public static GuestLauncher Launcher { get; } = new(_ => Task.FromResult(Accelerator.Tcg), NullLogger<GuestLauncher>.Instance);

    public string Directory => _top.Combine("guest");

    public string Overlay { get; }

    public uint Uid { get; } = Interlocked.Increment(ref _lastUid);

    public IGuestProcess Process => _process ?? throw new InvalidOperationException("The guest has not been started.");

    public IGuestAgent Agent => Process.Agent!;

    public GuestSpec Spec(DiskBus bus = DiskBus.Virtio, bool ephemeral = false) => new(
        Guid.NewGuid(), "test", Directory, MemoryMib: 256, Vcpus: 1,
        [new GuestDisk(ephemeral ? [Base] : [new DiskLayer(Overlay, "qcow2"), Base], bus, Ephemeral: ephemeral)],
        Nic: null, ConfigDrive: null, AgentChannel: true, Uid);

    public static DiskLayer Base { get; } = new(Repository.DemoGuest, "qcow2");

    public async Task MakeOverlayAsync(CancellationToken ct)
    {
        System.IO.Directory.CreateDirectory(Directory);
        await new DiskTools(_top.Combine("exports")).CreateOverlayAsync(Overlay, Base, 1L << 30, ct);
    }

    public async Task StartAsync(GuestSpec spec, CancellationToken ct) => _process = await Launcher.StartAsync(spec, ct);

    /// <summary>Waits until the guest's agent answers.</summary>
    public async Task BootAsync(CancellationToken ct) =>
        Xunit.Assert.True(await Agent.RespondsAsync(BootLimit, ct), $"The guest did not boot:\n{Console()}");

    public async Task<string> RunAsync(string script, CancellationToken ct)
    {
        var result = await Agent.ExecuteAsync("/bin/sh", ["-c", script], AnswerLimit, ct);
        Xunit.Assert.True(result.ExitCode == 0, $"'{script}' ended with {result.ExitCode}: {result.StandardError}");
        return result.StandardOutput;
    }

    /// <summary>What a crash of the server does: the object goes, the process stays; another takes it up.</summary>
    public async Task ReattachAsync(CancellationToken ct)
    {
        await Process.DisposeAsync();
        _process = await Launcher.AttachAsync(Directory, ct);
        Xunit.Assert.NotNull(_process);
    }

    public string Console() => File.Exists(Path.Combine(Directory, GuestFiles.ConsoleLog)) ? File.ReadAllText(Path.Combine(Directory, GuestFiles.ConsoleLog)) : "";

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.KillAsync(CancellationToken.None);
            await _process.DisposeAsync();
        }

        _top.Dispose();
    }
}
