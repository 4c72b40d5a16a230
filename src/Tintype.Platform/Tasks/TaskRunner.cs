using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tintype.Platform.Http;

namespace Tintype.Platform.Tasks;

/// <summary>
/// Runs queued tasks, oldest first, as many of a kind at once as its handler allows.
/// <code>
/// pending ──► running ──► success
///    ▲  │        ├──────► failure    (with the reason)
///    │  └────────┼──────► cancelled  a user has asked for it, and the handler has undone what was done
///    └───────────┘ the server stopped or crashed: RecoverAsync decides between pending and failure
/// </code>
/// Recovery runs to its end before the server answers its first request, so that nobody sees what a crash left. What ends while nobody can
/// write that down, or runs in a process that dies beside this one, <see cref="TaskLeases"/> finds.
/// </summary>
internal sealed class TaskRunner(
    TaskQueue queue, TaskRepository tasks, TaskHandlers handlers, InterruptedTasks interrupted, TimeProvider time, ILogger<TaskRunner> log) : BackgroundService
{
    private readonly ConcurrentDictionary<Guid, Task> _running = new();

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var lease in await tasks.ListLeasesAsync(cancellationToken))
        {
            // Nobody else has this data directory: whatever ran is dead, and its lease need not expire first.
            if (lease.State == TaskState.Running && await tasks.ClaimAsync(lease, cancellationToken) is { } task)
                await interrupted.RecoverAsync(task, cancellationToken);
        }

        foreach (var task in await tasks.ListInStateAsync(TaskState.Pending, cancellationToken))
            queue.Wake(task.Id);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var id in queue.WakeUps.ReadAllAsync(stoppingToken))
            {
                // Before it is looked at: who cancels it from now on finds it here.
                if (queue.Running.TryBegin(id, time, stoppingToken) is not { } running)
                    continue;
                var run = Task.Run(() => RunAsync(running), CancellationToken.None);
                _running[id] = run;
                _ = run.ContinueWith(_ => _running.TryRemove(KeyValuePair.Create(id, run)), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Shutting down: what runs sees the same token; what waits is still pending in the database.
        }

        await Task.WhenAll(_running.Values);
    }

    private async Task RunAsync(RunningTask running)
    {
        using var _ = running;
        try
        {
            if (await tasks.FindAsync(running.Id, running.Token) is { State: TaskState.Pending } task)
                await RunPendingAsync(running, task);
        }
        catch (OperationCanceledException) when (running.Token.IsCancellationRequested && running.Why != TaskStop.Cancelled)
        {
            // It had not begun, and stays pending in the database.
        }
#pragma warning disable CA1031 // Whatever it was, a full disk for one: the lease expires, and the task is recovered then.
        catch (Exception unwritten)
#pragma warning restore CA1031
        {
            TaskLog.EndLost(log, unwritten, running.Id);
        }
    }

    private async Task RunPendingAsync(RunningTask running, TaskRecord task)
    {
        if (task.CancelReason is null)
        {
            if (handlers.Find(task.Kind) is not { } handler)
            {
                await tasks.FinishAsync(task.Id, TaskState.Failure, $"This server does not know how to do '{task.Kind}'.", running.Token);
                return;
            }

            if (await RunInTurnAsync(running, task, handler))
                return;
        }

        if (await tasks.FindAsync(task.Id, CancellationToken.None) is { State: TaskState.Pending, CancelReason: not null } cancelled)
            await interrupted.UndoAsync(cancelled, null);
    }

    /// <returns>False if it was cancelled before its turn came, or another process has taken it.</returns>
    private async Task<bool> RunInTurnAsync(RunningTask running, TaskRecord task, ITaskHandler handler)
    {
        var slots = handlers.SlotsOf(task.Kind);
        if (!await TryEnterAsync(slots, running))
            return false;
        try
        {
            if (await tasks.StartAsync(task.Id, CancellationToken.None) is not { } started)
                return false;
            running.Record = started;
            await EndAsync(running, started, await PerformAsync(running, started, handler));
            return true;
        }
        finally
        {
            slots.Release();
        }
    }

    /// <returns>False if it has been cancelled while it waited.</returns>
    private static async Task<bool> TryEnterAsync(SemaphoreSlim slots, RunningTask running)
    {
        try
        {
            await slots.WaitAsync(running.Token);
            return true;
        }
        catch (OperationCanceledException) when (running.Why == TaskStop.Cancelled)
        {
            return false;
        }
    }

    /// <returns>How it ended; null if it has been stopped before that.</returns>
    private async Task<(TaskState State, string? Reason)?> PerformAsync(RunningTask running, TaskRecord task, ITaskHandler handler)
    {
        try
        {
            await handler.RunAsync(new TaskContext(task, running.Meter), running.Token);
            return (TaskState.Success, null);
        }
        catch (OperationCanceledException) when (running.Token.IsCancellationRequested)
        {
            return null;
        }
#pragma warning disable CA1031 // The user's wish is fulfilled whatever it meets.
        catch (Exception failure) when (running.Why == TaskStop.Cancelled)
#pragma warning restore CA1031
        {
            TaskLog.FailedWhileCancelled(log, failure, task.Kind, task.Id);
            return null;
        }
        catch (Fault refusal)
        {
            TaskLog.Refused(log, task.Kind, task.Id, task.SubjectId, refusal.Message);
            return (TaskState.Failure, refusal.Message);
        }
#pragma warning disable CA1031 // A task must end in the database whatever was thrown, or its subject waits for ever.
        catch (Exception unknown)
#pragma warning restore CA1031
        {
            TaskLog.Failed(log, unknown, task.Kind, task.Id, task.SubjectId, task.RequestId);
            return (TaskState.Failure, $"Something unexpected went wrong; the server's log has the reason under {task.RequestId}.");
        }
    }

    private async Task EndAsync(RunningTask running, TaskRecord task, (TaskState State, string? Reason)? end)
    {
        var progress = running.Meter.Read();
        if (end is { } ended)
            await tasks.FinishAsync(task.Id, ended.State, ended.Reason, progress, CancellationToken.None);
        else if (running.Why == TaskStop.Cancelled && await tasks.FindAsync(task.Id, CancellationToken.None) is { } cancelled)
            await interrupted.UndoAsync(cancelled, progress);
        else if (running.Why == TaskStop.None)
            // Stays "running" in the database: the next start recovers it.
            TaskLog.Interrupted(log, task.Kind, task.Id);
    }
}
