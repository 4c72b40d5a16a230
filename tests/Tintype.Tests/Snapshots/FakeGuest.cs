using System.Runtime.CompilerServices;
using Tintype.Images.Disks;
using Tintype.Images.Records;
using Tintype.Platform.Database;
using Tintype.Qemu.Disks;
using Tintype.Qemu.GuestAgent;
using Tintype.Qemu.Process;
using Tintype.Qemu.Qmp;
using Tintype.Storage;
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
        Assert.True(world.Watchdogs.OnDuty == 1, "frozen without a watchdog on duty");
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

/// <summary>
/// A disk of four runs, as it is after its guest has changed three: data, zeros, nothing, data. What has not changed cannot be read, and what has become zeros
/// need not be.
/// </summary>
internal sealed class FakeDisk(string? bitmap) : IChangedDisk
{
    public const int Run = 64 * 1024;

    public long Length => 4 * Run;

    public string? Bitmap => bitmap;

    /// <summary>What the server's disk was made of.</summary>
    public static byte[] Base { get; } = [.. Enumerable.Repeat((byte)'b', 4 * Run)];

    public static byte[] Content { get; } = [.. Enumerable.Range(0, 4 * Run).Select(ByteAt)];

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct)
    {
        Assert.False(offset < 3 * Run && offset + buffer.Length > Run, "what has not changed, or is zeros, is not to be read");
        Content.AsSpan((int)offset, buffer.Length).CopyTo(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<ChangedExtent> ChangesAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await Task.Yield();
        yield return new ChangedExtent(0, Run, Change.Data);
        yield return new ChangedExtent(Run, Run, Change.Zeros);
        yield return new ChangedExtent(2 * Run, Run, Change.None);
        yield return new ChangedExtent(3 * Run, Run, Change.Data);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static byte ByteAt(int i) => (i / Run) switch
    {
        1 => 0,
        2 => (byte)'b',
        _ => (byte)(1 + (i % 251)),
    };
}

/// <summary>The data of an image on its way into memory.</summary>
internal sealed class FakeImageDisk(CaptureWorld world, Guid imageId, long length, byte[] basis) : IImageDisk, IDiskWriter
{
    private readonly byte[] _content = new byte[length];
    private bool _isActive;

    public IDiskWriter Disk => this;
    public long Position { get; private set; }
    public long Added => 0;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        bytes.Span.CopyTo(_content.AsSpan((int)Position));
        Position += bytes.Length;
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteZerosAsync(long length, CancellationToken ct)
    {
        Position += length;
        return ValueTask.CompletedTask;
    }

    public ValueTask KeepAsync(long length, CancellationToken ct) => WriteAsync(basis.AsMemory((int)Position, (int)length), ct);

    public Task<long> CommitAsync(CancellationToken ct) => throw new NotSupportedException();

    public async Task<ImageRecord> ActivateAsync(
        IReadOnlyDictionary<string, string?> properties, TaskOrigin origin, Func<WriteScope, Guid, Task> alongside, CancellationToken ct)
    {
        Assert.Equal(_content.Length, Position);
        Assert.Equal(new TaskOrigin("p1", "u1", "req-1"), origin);
        var image = await world.ActivateAsync(imageId, _content, properties, alongside);
        _isActive = true;
        return image;
    }

    public ValueTask DisposeAsync()
    {
        if (!_isActive && world.Images.TryGetValue(imageId, out var image))
            world.Images[imageId] = image with { Status = ImageStatus.Queued };
        return ValueTask.CompletedTask;
    }
}
