using System.Runtime.CompilerServices;
using Tintype.Qemu.Disks;
using Tintype.Qemu.GuestAgent;
using Tintype.Qemu.Process;
using Tintype.Qemu.Qmp;
using Xunit;

namespace Tintype.Tests.Snapshots;

/// <summary>A running guest, with an agent unless it is taken away.</summary>
internal sealed class FakeGuest(CaptureWorld world) : IGuestProcess, IGuestAgent
{
    public bool HasAgent { get; set; } = true;
    public bool Answers { get; set; } = true;
    public bool Frozen { get; set; }
    public bool RefusesToFreeze { get; set; }

    public int Pid => 1;
    public string Directory => world.Server!.Directory;
    public IQmpClient Qmp => throw new NotSupportedException();
    public IGuestAgent? Agent => HasAgent ? this : null;
    public Task<GuestExit> Exited { get; } = new TaskCompletionSource<GuestExit>().Task;

    public Task<bool> RespondsAsync(TimeSpan timeout, CancellationToken ct) => Task.FromResult(Answers);

    public async Task<int> FreezeAsync(TimeSpan timeout, CancellationToken ct)
    {
        Assert.True(world.WatchdogsOnDuty == 1, "frozen without a watchdog on duty");
        await world.StepAsync("freeze");
        if (RefusesToFreeze)
            throw new GuestAgentException("The command guest-fsfreeze-freeze has been disabled for this instance");
        Frozen = true;
        return 1;
    }

    public async Task<int> ThawAsync(TimeSpan timeout, CancellationToken ct)
    {
        await world.StepAsync("thaw");
        var thawed = Frozen ? 1 : 0;
        Frozen = false;
        return thawed;
    }

    public Task ShutdownAsync(TimeSpan timeout, CancellationToken ct) => throw new NotSupportedException();

    public Task RebootAsync(TimeSpan timeout, CancellationToken ct) => throw new NotSupportedException();

    public Task<GuestCommandResult> ExecuteAsync(string path, IReadOnlyList<string> arguments, TimeSpan timeout, CancellationToken ct) => throw new NotSupportedException();

    public Task KillAsync(CancellationToken ct) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A disk of three runs: data, zeros, data. Whoever reads the zeros has not looked at the map.</summary>
internal sealed class FakeDisk : IDiskReader
{
    public const int Run = 64 * 1024;

    public long Length => 3 * Run;

    public static byte[] Content { get; } = [.. Enumerable.Range(0, 3 * Run).Select(ByteAt)];

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct)
    {
        Assert.False(offset < 2 * Run && offset + buffer.Length > Run, "zeros are not to be read");
        Content.AsSpan((int)offset, buffer.Length).CopyTo(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<DiskExtent> ExtentsAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await Task.Yield();
        yield return new DiskExtent(0, Run, false);
        yield return new DiskExtent(Run, Run, true);
        yield return new DiskExtent(2 * Run, Run, false);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static byte ByteAt(int i) => i is >= Run and < 2 * Run ? (byte)0 : (byte)(1 + (i % 251));
}
