using Tintype.Compute.Servers;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;
using Xunit;

namespace Tintype.Tests.Snapshots;

/// <summary>A snapshot that fails, is cancelled or is killed, at each of its steps.</summary>
public sealed class SnapshotFaultTests : IDisposable
{
    private readonly CaptureWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whatever_fails_once_the_server_is_as_it_was_and_the_reason_is_kept(bool running)
    {
        var steps = await StepsAsync(running);
        for (var step = steps.IndexOf("task state image_snapshot"); step <= steps.IndexOf("activate"); step++)
        {
            using var world = World(running);
            world.FailAt = step;
            var (imageId, task) = await world.RequestAsync();

            var refusal = await Assert.ThrowsAsync<Fault>(() => world.RunAsync(task));

            Assert.Contains("No space left on device", refusal.Message, StringComparison.Ordinal);
            Assert.False(world.Images.ContainsKey(imageId), steps[step]);
            Assert.Equal([("createImage", refusal.Message)], world.Actions);
            await world.AssertServerAsItWasAsync();
        }
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task Whenever_it_is_cancelled_the_server_is_as_it_was_and_the_reason_is_kept(bool running, bool failsWhile)
    {
        var steps = await StepsAsync(running);
        for (var step = steps.IndexOf("task state image_snapshot"); step <= steps.IndexOf("activate"); step++)
        {
            using var world = World(running);
            using var cancel = new CancellationTokenSource();
            var (imageId, task) = await world.RequestAsync();
            world.Before = _ =>
            {
                if (cancel.IsCancellationRequested || world.Journal.Count < step)
                    return;
                cancel.Cancel();
                throw failsWhile ? new IOException("No space left on device") : new OperationCanceledException(cancel.Token);
            };
            await Assert.ThrowsAnyAsync<Exception>(() => world.Handler.RunAsync(new TaskContext(task, new TaskMeter(TimeProvider.System)), cancel.Token));

            Assert.True(await world.Handler.TryUndoAsync(task, "Cancelled by ann."));

            Assert.False(world.Images.ContainsKey(imageId), steps[step]);
            Assert.Equal("createImage", Assert.Single(world.Actions).Action);
            if (!failsWhile)
                Assert.Equal("Cancelled by ann.", world.Actions[0].Failure);
            await world.AssertServerAsItWasAsync();
        }
    }

    [Fact]
    public async Task A_snapshot_that_is_cancelled_before_its_turn_leaves_nothing_in_the_guest()
    {
        var (_, task) = await _world.RequestAsync();
        _world.Journal.Clear();

        Assert.True(await _world.Handler.TryUndoAsync(task, "Cancelled by ann."));

        Assert.Equal(["discard image", "abandon fleece", "task state none", "record action"], _world.Journal);
        Assert.Equal([("createImage", "Cancelled by ann.")], _world.Actions);
        await _world.AssertServerAsItWasAsync();
    }

    [Fact]
    public async Task A_snapshot_that_is_active_is_not_undone()
    {
        var (imageId, task) = await _world.RequestAsync();
        // Killed between the activation and the tidying.
        _world.KillAt = (await StepsAsync(running: true)).Count - 2;
        _ = _world.RunAsync(task);
        await _world.Killed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        _world.KillAt = -1;

        Assert.False(await _world.Handler.TryUndoAsync(task, "Cancelled by ann."));

        Assert.Equal(ImageStatus.Active, _world.Images[imageId].Status);
        Assert.Equal([("createImage", null)], _world.Actions);
        await _world.AssertServerAsItWasAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_that_fails_leaves_nothing(bool running)
    {
        for (var step = 0; step < (await StepsAsync(running)).IndexOf("task state image_snapshot"); step++)
        {
            using var world = World(running);
            world.FailAt = step;

            await Assert.ThrowsAsync<IOException>(() => world.RequestAsync());

            Assert.Empty(world.Images);
            await world.AssertServerAsItWasAsync();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_kill_at_any_step_is_made_good_by_the_next_start(bool running)
    {
        var steps = await StepsAsync(running);
        for (var step = 0; step < steps.Count; step++)
        {
            using var world = World(running);
            world.KillAt = step;
            _ = LiveAsync(world);
            await world.Killed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

            await world.RestartAsync();

            await world.AssertServerAsItWasAsync();
            var copied = step >= steps.IndexOf("task state image_pending_upload");
            var queued = step >= steps.IndexOf("task state image_snapshot");
            Assert.Equal(running ? copied : queued, world.Images.Count == 1);
        }
    }

    [Fact]
    public async Task After_a_kill_the_moment_is_still_in_qemu_and_is_sealed_without_another_freeze()
    {
        var imageId = await KilledWhileSealingAsync();

        await _world.RestartAsync();

        Assert.Equal("filesystem", _world.Images[imageId].Properties["tintype_consistency"]);
        Assert.DoesNotContain("freeze", _world.Journal);
        Assert.DoesNotContain("prepare fleece", _world.Journal);
        await _world.AssertServerAsItWasAsync();
    }

    [Fact]
    public async Task A_moment_that_went_with_its_qemu_fails_the_snapshot_and_says_so()
    {
        var imageId = await KilledWhileSealingAsync();
        _world.Guest = null;
        _world.Jobs.Clear();
        _world.Nodes.Clear();
        // Neither was saved.
        _world.Bitmaps.Clear();
        _world.Server = _world.Server! with { State = VmState.Stopped, LastStop = LastStop.Crash };

        await _world.RestartAsync();

        Assert.False(_world.Images.ContainsKey(imageId));
        var failure = Assert.Single(_world.Actions).Failure;
        Assert.Equal($"The guest of instance {_world.Server!.Id} ended while its snapshot was being taken, and with it went the moment that the snapshot was to have. Take it again.", failure);
        _world.Bitmaps["tintype-0"] = true;
        await _world.AssertServerAsItWasAsync();
    }

    private async Task<Guid> KilledWhileSealingAsync()
    {
        var (imageId, task) = await _world.RequestAsync();
        await _world.TaskRows.StartAsync(task.Id, TestContext.Current.CancellationToken);
        _world.KillAt = (await StepsAsync(running: true)).IndexOf("activate");
        _ = _world.RunAsync(task);
        await _world.Killed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        _world.Journal.Clear();
        return imageId;
    }

    private static CaptureWorld World(bool running)
    {
        var world = new CaptureWorld();
        if (!running)
        {
            world.Guest = null;
            world.Server = world.Server! with { State = VmState.Stopped, LastStop = LastStop.Clean };
        }

        return world;
    }

    private static async Task<List<string>> StepsAsync(bool running)
    {
        using var world = World(running);
        await LiveAsync(world);
        return world.Journal;
    }

    private static async Task LiveAsync(CaptureWorld world)
    {
        var (_, task) = await world.RequestAsync();
        await world.TaskRows.StartAsync(task.Id, TestContext.Current.CancellationToken);
        await world.RunAsync(task);
        await world.TaskRows.FinishAsync(task.Id, TaskState.Success, null, TestContext.Current.CancellationToken);
    }
}
