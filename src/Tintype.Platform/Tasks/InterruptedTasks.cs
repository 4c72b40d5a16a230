using Microsoft.Extensions.Logging;

namespace Tintype.Platform.Tasks;

/// <summary>
/// Puts right what is left of a task whose process is gone, or that a user has cancelled. Until it has, the task stays what it is in the
/// database, and it is tried again: at the next start, or once its lease has expired.
/// </summary>
internal sealed class InterruptedTasks(TaskRepository tasks, TaskHandlers handlers, ILogger<InterruptedTasks> log)
{
    /// <param name="task">One that is running, and which this process has claimed.</param>
    /// <returns>Whether it is to run again: it is pending now.</returns>
    public async Task<bool> RecoverAsync(TaskRecord task, CancellationToken ct)
    {
        var handler = handlers.Find(task.Kind);
        var isRerun = handler is not null && await handler.RecoverAsync(task, ct) == TaskRecovery.Rerun;
        TaskLog.Recovered(log, task.Kind, task.Id, task.SubjectId);
        if (isRerun && task.CancelReason is null)
        {
            await tasks.ReturnToPendingAsync(task.Id, ct);
            return true;
        }

        if (isRerun)
            await UndoAsync(task, null);
        else if (task.CancelReason is { } reason)
            await tasks.FinishAsync(task.Id, TaskState.Cancelled, reason, ct);
        else
            await tasks.FinishAsync(task.Id, TaskState.Failure, "The server was stopped while this was under way.", ct);
        return false;
    }

    /// <summary>Ends a task that is to be cancelled, and which nobody runs any more.</summary>
    /// <param name="progress">How far it had come; as the database has it if null.</param>
    public async Task UndoAsync(TaskRecord task, TaskProgress? progress)
    {
        var reason = task.CancelReason ?? throw new InvalidOperationException($"Nobody has asked for the end of task {task.Id}.");
        if (handlers.Find(task.Kind) is not { } handler || await handler.TryUndoAsync(task, reason))
        {
            await tasks.FinishAsync(task.Id, TaskState.Cancelled, reason, progress, CancellationToken.None);
            TaskLog.Cancelled(log, task.Kind, task.Id, task.SubjectId, reason);
        }
        else
        {
            await tasks.FinishAsync(task.Id, TaskState.Success, null, CancellationToken.None);
        }
    }
}
