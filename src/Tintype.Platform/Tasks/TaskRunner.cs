using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tintype.Platform.Http;

namespace Tintype.Platform.Tasks;

/// <summary>
/// Runs queued tasks, oldest first, as many of a kind at once as its handler allows.
/// <code>
/// pending ──► running ──► success
///    ▲           ├──────► failure   (with the reason)
///    └───────────┘ the server stopped or crashed: RecoverAsync decides between pending and failure
/// </code>
/// Recovery runs to its end before the server answers its first request, so that nobody sees what a crash left.
/// </summary>
internal sealed class TaskRunner(TaskQueue queue, TaskRepository tasks, IEnumerable<ITaskHandler> handlers, ILogger<TaskRunner> log)
    : BackgroundService
{
    private readonly Dictionary<string, (ITaskHandler Handler, SemaphoreSlim Slots)> _handlers =
        handlers.ToDictionary(h => h.Kind, h => (h, new SemaphoreSlim(h.MaxConcurrency)));
    private readonly ConcurrentDictionary<Guid, Task> _running = new();

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var task in await tasks.ListInStateAsync(TaskState.Running, cancellationToken))
            await RecoverAsync(task, cancellationToken);
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
                if (await tasks.FindAsync(id, stoppingToken) is not { State: TaskState.Pending } task)
                    continue;
                if (!_handlers.TryGetValue(task.Kind, out var kind))
                {
                    await tasks.FinishAsync(id, TaskState.Failure, $"This server does not know how to do '{task.Kind}'.", stoppingToken);
                    continue;
                }

                var run = Task.Run(() => RunAsync(task, kind.Handler, kind.Slots, stoppingToken), CancellationToken.None);
                _running[id] = run;
                _ = run.ContinueWith(_ => _running.TryRemove(id, out var _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Shutting down: what runs sees the same token; what waits is still pending in the database.
        }

        await Task.WhenAll(_running.Values);
    }

    private async Task RunAsync(TaskRecord task, ITaskHandler handler, SemaphoreSlim slots, CancellationToken ct)
    {
        try
        {
            await slots.WaitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        try
        {
            await tasks.StartAsync(task.Id, ct);
            await handler.RunAsync(new TaskContext(task, tasks), ct);
            await tasks.FinishAsync(task.Id, TaskState.Success, null, CancellationToken.None);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Stays "running" in the database: the next start recovers it.
            TaskLog.Interrupted(log, task.Kind, task.Id);
        }
        catch (Fault refusal)
        {
            TaskLog.Refused(log, task.Kind, task.Id, task.SubjectId, refusal.Message);
            await tasks.FinishAsync(task.Id, TaskState.Failure, refusal.Message, CancellationToken.None);
        }
#pragma warning disable CA1031 // A task must end in the database whatever was thrown, or its subject waits for ever.
        catch (Exception unknown)
#pragma warning restore CA1031
        {
            TaskLog.Failed(log, unknown, task.Kind, task.Id, task.SubjectId, task.RequestId);
            await tasks.FinishAsync(task.Id, TaskState.Failure,
                $"Something unexpected went wrong; the server's log has the reason under {task.RequestId}.", CancellationToken.None);
        }
        finally
        {
            slots.Release();
        }
    }

    private async Task RecoverAsync(TaskRecord task, CancellationToken ct)
    {
        if (_handlers.TryGetValue(task.Kind, out var kind) && await kind.Handler.RecoverAsync(task, ct) == TaskRecovery.Rerun)
            await tasks.ReturnToPendingAsync(task.Id, ct);
        else
            await tasks.FinishAsync(task.Id, TaskState.Failure, "The server was stopped while this was under way.", ct);
        TaskLog.Recovered(log, task.Kind, task.Id, task.SubjectId);
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (var (_, slots) in _handlers.Values)
            slots.Dispose();
    }
}
