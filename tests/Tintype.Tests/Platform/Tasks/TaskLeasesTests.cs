using Tintype.Platform.Tasks;
using Xunit;

namespace Tintype.Tests.Platform.Tasks;

/// <summary>Two processes on one database; one of them is killed, slept, or has its clock set.</summary>
public sealed class TaskLeasesTests : IAsyncDisposable
{
    private readonly TaskWorld _world = new();

    private static CancellationToken Ct => TaskWorld.Ct;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(-30)]
    public async Task A_living_task_keeps_its_lease_however_the_clock_is_set(int days)
    {
        var (holder, id, handler) = await RunningAsync();
        var witness = _world.Process(FakeHandler.Endless());
        for (var round = 0; round < 5 * TaskLeases.Patience; round++)
        {
            await holder.RoundsAsync(1);
            await witness.RoundsAsync(1);
            _world.Time.Jump(TimeSpan.FromDays(days));
        }

        Assert.Equal(TaskState.Running, (await holder.FindAsync(id)).State);
        Assert.Single(handler.Ran);
        Assert.Empty(witness.Queue.Running.Begun());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(-30)]
    public async Task A_dead_one_is_recovered_and_run_again_however_the_clock_is_set(int days)
    {
        var again = new FakeHandler((_, _) => Task.CompletedTask);
        var survivor = _world.Process(again);
        await survivor.StartAsync();
        var (_, id, _) = await RunningAsync();

        for (var round = 1; round < TaskLeases.Patience; round++)
        {
            await survivor.RoundsAsync(1);
            _world.Time.Jump(TimeSpan.FromDays(days));
        }

        Assert.Empty(again.Recovered);
        await survivor.RoundsAsync(1);

        Assert.Equal([id], again.Recovered);
        await survivor.UntilAsync(id, TaskState.Success);
        Assert.Equal([id], again.Ran);
    }

    [Fact]
    public async Task A_dead_one_that_cannot_be_repeated_fails_with_the_reason()
    {
        var (_, id, _) = await RunningAsync();
        var again = FakeHandler.Endless();
        again.Recovery = TaskRecovery.Fail;
        var survivor = _world.Process(again);

        await survivor.RoundsAsync(TaskLeases.Patience);

        var ended = await survivor.FindAsync(id);
        Assert.Equal((TaskState.Failure, "The server was stopped while this was under way."), (ended.State, ended.Reason));
    }

    [Fact]
    public async Task A_host_that_has_slept_does_not_think_the_others_dead()
    {
        var (holder, id, handler) = await RunningAsync();
        var witness = _world.Process(FakeHandler.Endless());
        await holder.RoundsAsync(1);
        await witness.RoundsAsync(1);

        // Both were asleep, and the witness is the first to wake.
        _world.Time.Advance(TimeSpan.FromDays(1));
        await witness.RoundsAsync(TaskLeases.Patience - 2);
        await holder.RoundsAsync(1);
        await witness.RoundsAsync(TaskLeases.Patience - 1);

        Assert.Equal(TaskState.Running, (await holder.FindAsync(id)).State);
        Assert.Single(handler.Ran);
    }

    [Fact]
    public async Task Who_was_thought_dead_stops_and_says_nothing_more_of_the_task()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var slow = new FakeHandler(async (_, ct) =>
        {
            await Task.WhenAny(Task.Delay(Timeout.Infinite, ct));
            stopped.SetResult();
            await ended.Task;
        });
        var again = FakeHandler.Endless();
        var survivor = _world.Process(again);
        await survivor.StartAsync();
        var (holder, id, _) = await RunningAsync(slow);
        await survivor.RoundsAsync(TaskLeases.Patience);
        await again.Begun;

        await holder.RoundsAsync(1);
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        ended.SetResult();
        await holder.StopAsync();

        Assert.Equal(TaskState.Running, (await survivor.FindAsync(id)).State);
        Assert.Empty(slow.Undone);
    }

    [Fact]
    public async Task An_end_that_nobody_could_write_down_is_found()
    {
        var again = new FakeHandler((_, _) => Task.CompletedTask);
        var process = _world.Process(again);
        await process.StartAsync();
        var id = await process.ForgetAsync();
        // Begun here, and in no memory any more.
        await process.Rows.StartAsync(id, Ct);

        await process.RoundsAsync(TaskLeases.Patience);

        await process.UntilAsync(id, TaskState.Success);
        Assert.Equal([id], again.Recovered);
    }

    [Fact]
    public async Task A_cancellation_whose_undoing_failed_is_undone_later()
    {
        var handler = FakeHandler.Endless();
        handler.UndoFails = 1;
        var (process, id, _) = await RunningAsync(handler);
        await process.Cancellation.CancelAsync(id, TaskWorld.Member, Ct);
        while (process.Queue.Running.Has(id))
            await Task.Yield();
        Assert.Equal(TaskState.Running, (await process.FindAsync(id)).State);

        await process.RoundsAsync(TaskLeases.Patience);

        var ended = await process.UntilAsync(id, TaskState.Cancelled);
        Assert.Equal("Cancelled by ann.", ended.Reason);
        Assert.Equal([(id, "Cancelled by ann.")], handler.Undone);
    }

    [Fact]
    public async Task What_is_pending_and_forgotten_is_taken_up()
    {
        var process = _world.Process(new FakeHandler((_, _) => Task.CompletedTask));
        await process.StartAsync();
        var id = await process.ForgetAsync();

        await process.RoundsAsync(1);

        await process.UntilAsync(id, TaskState.Success);
    }

    [Fact]
    public async Task A_cancellation_that_another_process_took_reaches_the_one_that_runs_the_task()
    {
        var (holder, id, handler) = await RunningAsync();
        var other = _world.Process(FakeHandler.Endless());
        await other.Cancellation.CancelAsync(id, TaskWorld.Member, Ct);

        await holder.RoundsAsync(1);

        await holder.UntilAsync(id, TaskState.Cancelled);
        Assert.Single(handler.Undone);
    }

    [Fact]
    public async Task The_rounds_are_made_by_the_clock()
    {
        var (holder, id, _) = await RunningAsync();
        await holder.Leases.StartAsync(Ct);
        var before = await LeaseAsync(holder, id);

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (await LeaseAsync(holder, id) < before + 2)
        {
            _world.Time.Advance(TaskLeases.Interval);
            await Task.Delay(5, limit.Token);
        }

        await holder.Leases.StopAsync(Ct);
    }

    private static async Task<long> LeaseAsync(TaskProcess process, Guid id) => (await process.Rows.ListLeasesAsync(Ct)).Single(lease => lease.Id == id).Count;

    /// <summary>A process that has begun a task and, unless the test makes its rounds, does nothing more.</summary>
    private async Task<(TaskProcess Process, Guid Id, FakeHandler Handler)> RunningAsync(FakeHandler? handler = null)
    {
        handler ??= FakeHandler.Endless();
        var process = _world.Process(handler);
        await process.StartAsync();
        var id = await process.EnqueueAsync();
        await handler.Begun;
        return (process, id, handler);
    }
}
