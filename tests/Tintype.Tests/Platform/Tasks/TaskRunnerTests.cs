using Tintype.Platform.Http;
using Tintype.Platform.Tasks;
using Xunit;

namespace Tintype.Tests.Platform.Tasks;

public sealed class TaskRunnerTests : IAsyncDisposable
{
    private readonly TaskWorld _world = new();

    private static CancellationToken Ct => TaskWorld.Ct;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_task_runs_to_its_good_end()
    {
        var process = _world.Process(new FakeHandler((task, ct) => task.ReportAsync(40, ct)));
        await process.StartAsync();

        var ended = await process.UntilAsync(await process.EnqueueAsync(), TaskState.Success);

        Assert.Equal((100, null), (ended.Progress, ended.Reason));
        Assert.NotNull(ended.StartedAt);
        Assert.NotNull(ended.FinishedAt);
    }

    [Fact]
    public async Task A_task_that_fails_says_why_and_how_far_it_came()
    {
        var process = _world.Process(new FakeHandler((task, _) =>
        {
            task.Step("copying");
            task.Report(30, 100);
            throw Fault.Conflict("The store is full.");
        }));
        await process.StartAsync();

        var ended = await process.UntilAsync(await process.EnqueueAsync(), TaskState.Failure);

        Assert.Equal(("The store is full.", "copying", 30, 30, 100), (ended.Reason, ended.Step, ended.Progress, ended.BytesDone, ended.BytesTotal));
    }

    [Fact]
    public async Task A_report_is_seen_at_once_and_written_by_the_clock()
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = _world.Process(new FakeHandler((task, ct) =>
        {
            task.Step("copying");
            for (var done = 0; done <= 50_000; done++)
                task.Report(done, 100_000);
            told.SetResult();
            return Task.Delay(Timeout.Infinite, ct);
        }));
        await process.StartAsync();
        var id = await process.EnqueueAsync();
        await told.Task.WaitAsync(Ct);

        var seen = await process.FindAsync(id);
        Assert.Equal(("copying", 50, 50_000, 100_000), (seen.Step, seen.Progress, seen.BytesDone, seen.BytesTotal));
        Assert.Equal(seen, (await process.Queue.ListAboutAsync(seen.SubjectId, Ct)).Single());
        var written = await process.Rows.FindAsync(id, Ct);
        Assert.Equal((null, 0, null), (written!.Step, written.Progress, written.BytesDone));

        await process.RoundsAsync(1);
        written = await process.Rows.FindAsync(id, Ct);
        Assert.Equal(("copying", 50, 50_000), (written!.Step, written.Progress, written.BytesDone));
    }

    [Fact]
    public async Task A_task_cancelled_while_it_waits_never_runs()
    {
        var handler = FakeHandler.Endless();
        var process = _world.Process(handler);
        await process.StartAsync();
        var first = await process.EnqueueAsync();
        await process.UntilAsync(first, TaskState.Running);
        var second = await process.EnqueueAsync();

        await process.Cancellation.CancelAsync(second, TaskWorld.Member, Ct);
        var ended = await process.UntilAsync(second, TaskState.Cancelled);

        Assert.Equal(("Cancelled by ann.", null, 0), (ended.Reason, ended.StartedAt, ended.Progress));
        Assert.Equal([(second, "Cancelled by ann.")], handler.Undone);
        Assert.Equal([first], handler.Ran);
        Assert.Equal(TaskState.Running, (await process.FindAsync(first)).State);
    }

    [Fact]
    public async Task A_task_cancelled_before_anybody_takes_it_up_never_runs()
    {
        var handler = FakeHandler.Endless();
        var process = _world.Process(handler);
        var id = await process.EnqueueAsync();
        var asked = await process.Cancellation.CancelAsync(id, TaskWorld.Member, Ct);
        Assert.Equal((TaskState.Pending, "Cancelled by ann."), (asked.State, asked.CancelReason));

        await process.StartAsync();
        await process.UntilAsync(id, TaskState.Cancelled);

        Assert.Empty(handler.Ran);
        Assert.Equal([(id, "Cancelled by ann.")], handler.Undone);
    }

    [Fact]
    public async Task A_running_task_that_is_cancelled_is_undone_and_keeps_its_reason()
    {
        var handler = new FakeHandler((task, ct) =>
        {
            task.Report(7, 10);
            return Task.Delay(Timeout.Infinite, ct);
        });
        var process = _world.Process(handler);
        await process.StartAsync();
        var id = await process.EnqueueAsync();
        await handler.Begun;

        await process.Cancellation.CancelAsync(id, TaskWorld.Member, Ct);
        var ended = await process.UntilAsync(id, TaskState.Cancelled);

        Assert.Equal(("Cancelled by ann.", 70, 7), (ended.Reason, ended.Progress, ended.BytesDone));
        Assert.NotNull(ended.FinishedAt);
        Assert.Equal([(id, "Cancelled by ann.")], handler.Undone);
        // Its place is free again.
        var next = await process.EnqueueAsync();
        await process.UntilAsync(next, TaskState.Running);
    }

    [Fact]
    public async Task Whatever_a_cancelled_task_throws_it_is_cancelled()
    {
        var handler = new FakeHandler(async (_, ct) =>
        {
            await Task.WhenAny(Task.Delay(Timeout.Infinite, ct));
            throw new IOException("The connection broke off.");
        });
        var process = _world.Process(handler);
        await process.StartAsync();
        var id = await process.EnqueueAsync();
        await handler.Begun;

        await process.Cancellation.CancelAsync(id, TaskWorld.Member, Ct);

        Assert.Equal("Cancelled by ann.", (await process.UntilAsync(id, TaskState.Cancelled)).Reason);
        Assert.Single(handler.Undone);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_done_already_ends_well_in_spite_of_the_wish(bool notices)
    {
        var handler = new FakeHandler(async (_, ct) =>
        {
            await Task.WhenAny(Task.Delay(Timeout.Infinite, ct));
            if (notices)
                ct.ThrowIfCancellationRequested();
        })
        { IsTooLate = true };
        var process = _world.Process(handler);
        await process.StartAsync();
        var id = await process.EnqueueAsync();
        await handler.Begun;

        await process.Cancellation.CancelAsync(id, TaskWorld.Member, Ct);

        Assert.Null((await process.UntilAsync(id, TaskState.Success)).Reason);
    }

    [Fact]
    public async Task A_server_that_stops_cancels_nothing()
    {
        var handler = FakeHandler.Endless();
        var process = _world.Process(handler);
        await process.StartAsync();
        var running = await process.EnqueueAsync();
        await process.UntilAsync(running, TaskState.Running);
        var waiting = await process.EnqueueAsync();

        await process.StopAsync();

        Assert.Empty(handler.Undone);
        Assert.Equal((TaskState.Running, TaskState.Pending), ((await process.FindAsync(running)).State, (await process.FindAsync(waiting)).State));
        var next = new FakeHandler((_, _) => Task.CompletedTask);
        var again = _world.Process(next);
        await again.StartAsync();
        await again.UntilAsync(running, TaskState.Success);
        await again.UntilAsync(waiting, TaskState.Success);
        Assert.Equal([running], next.Recovered);
    }

    [Theory]
    [InlineData(TaskRecovery.Rerun, 1)]
    [InlineData(TaskRecovery.Fail, 0)]
    public async Task A_server_killed_while_it_cancels_finishes_that_at_its_next_start(TaskRecovery recovery, int undone)
    {
        // Deaf to its token, as a process that has been killed is.
        var process = _world.Process(new FakeHandler((_, _) => new TaskCompletionSource().Task.WaitAsync(TimeSpan.FromSeconds(1), CancellationToken.None)));
        await process.StartAsync();
        var id = await process.EnqueueAsync();
        await process.UntilAsync(id, TaskState.Running);
        await process.Rows.AskToCancelAsync(id, "Cancelled by ann.", Ct);

        var next = FakeHandler.Endless();
        next.Recovery = recovery;
        var again = _world.Process(next);
        await again.StartAsync();

        Assert.Equal((TaskState.Cancelled, "Cancelled by ann."), ((await again.FindAsync(id)).State, (await again.FindAsync(id)).Reason));
        Assert.Equal([id], next.Recovered);
        Assert.Equal(undone, next.Undone.Count);
        Assert.Empty(next.Ran);
    }

    [Fact]
    public async Task What_cannot_be_cancelled_goes_on_and_the_sentence_says_why()
    {
        var handler = new FakeHandler((_, ct) => Task.Delay(Timeout.Infinite, ct), "What is deleted does not come back.");
        var process = _world.Process(handler);
        await process.StartAsync();
        var id = await process.EnqueueAsync();
        await handler.Begun;

        await RefusedAsync(process, id, TaskWorld.Member, FaultKind.Conflict, "What is deleted does not come back.");
        Assert.Null((await process.FindAsync(id)).CancelReason);
    }

    [Fact]
    public async Task What_has_ended_has_nothing_to_cancel()
    {
        var process = _world.Process(new FakeHandler((_, _) => Task.CompletedTask), new FakeHandler((_, _) => throw Fault.Conflict("It is full.")) { Kind = "bad" });
        await process.StartAsync();
        var good = await process.EnqueueAsync();
        var bad = await process.EnqueueAsync("bad");
        await process.UntilAsync(good, TaskState.Success);
        await process.UntilAsync(bad, TaskState.Failure);

        await RefusedAsync(process, good, TaskWorld.Member, FaultKind.Conflict, $"Task {good} has ended well; there is nothing left to cancel.");
        await RefusedAsync(process, bad, TaskWorld.Member, FaultKind.Conflict, $"Task {bad} has failed already: It is full.");
    }

    [Fact]
    public async Task Cancelling_is_for_members_of_the_project_and_administrators()
    {
        var handler = FakeHandler.Endless();
        var process = _world.Process(handler);
        await process.StartAsync();
        var id = await process.EnqueueAsync();
        await handler.Begun;

        await RefusedAsync(process, id, TaskWorld.Other, FaultKind.NotFound, $"No task found with ID {id}.");
        await RefusedAsync(process, id, TaskWorld.Reader, FaultKind.Forbidden, "Cancelling a task takes the role 'member' in its project.");
        await process.Cancellation.CancelAsync(id, TaskWorld.Admin, Ct);

        Assert.Equal("Cancelled by root.", (await process.UntilAsync(id, TaskState.Cancelled)).Reason);
        await RefusedAsync(process, id, TaskWorld.Admin, FaultKind.Conflict, $"Task {id} has been cancelled already.");
    }

    [Fact]
    public async Task What_nobody_knows_how_to_do_can_be_cancelled_and_otherwise_fails()
    {
        var process = _world.Process();
        var cancelled = await process.EnqueueAsync("unknown");
        var failed = await process.EnqueueAsync("unknown");
        await process.Cancellation.CancelAsync(cancelled, TaskWorld.Member, Ct);
        await process.StartAsync();

        await process.UntilAsync(cancelled, TaskState.Cancelled);
        Assert.Equal("This server does not know how to do 'unknown'.", (await process.UntilAsync(failed, TaskState.Failure)).Reason);
    }

    private static async Task RefusedAsync(TaskProcess process, Guid id, Tintype.Platform.Policy.Caller caller, FaultKind kind, string message)
    {
        var refusal = await Assert.ThrowsAsync<Fault>(() => process.Cancellation.CancelAsync(id, caller, Ct));
        Assert.Equal((kind, message), (refusal.Kind, refusal.Message));
    }
}
