using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Platform.Tasks;

/// <summary>Who may see a task, and who may cancel it.</summary>
internal sealed class TaskCancellation(TaskQueue queue, TaskRepository tasks, TaskHandlers handlers)
{
    /// <exception cref="Fault">404: there is none that the caller may see.</exception>
    public async Task<TaskRecord> FindAsync(Guid id, Caller caller, CancellationToken ct) =>
        await queue.FindAsync(id, ct) is { } task && MaySee(task, caller) ? task : throw Fault.NoSuchTask(id);

    public static bool MaySee(TaskRecord task, Caller caller) => caller.IsAdmin || task.ProjectId == caller.ProjectId;

    /// <summary>Asks for the end of a task, which comes as soon as its handler has undone what it did. Asking again is no error.</summary>
    /// <returns>The task as it is now.</returns>
    /// <exception cref="Fault">403, 404; 409: it has ended, or is of a kind that cannot be cancelled.</exception>
    public async Task<TaskRecord> CancelAsync(Guid id, Caller caller, CancellationToken ct)
    {
        var task = await FindAsync(id, caller, ct);
        if (!caller.IsMember)
            throw Fault.Forbidden("Cancelling a task takes the role 'member' in its project.");
        if (!task.HasEnded && handlers.UncancellableBecause(task.Kind) is { } reason)
            throw Fault.Conflict(reason);
        if (!task.HasEnded && task.CancelReason is null && await tasks.AskToCancelAsync(id, $"Cancelled by {caller.UserName}.", ct))
            await queue.Running.CancelAsync(id);

        var now = await FindAsync(id, caller, ct);
        // It may have ended well, or failed, between the look and the wish.
        return task.HasEnded || now is { HasEnded: true, State: not TaskState.Cancelled } ? throw Fault.TaskHasEnded(now) : now;
    }
}

internal static class TaskFaults
{
    extension(Fault)
    {
        public static Fault NoSuchTask(Guid id) => Fault.NotFound($"No task found with ID {id}.");

        public static Fault TaskHasEnded(TaskRecord task) => Fault.Conflict(task.State switch
        {
            TaskState.Success => $"Task {task.Id} has ended well; there is nothing left to cancel.",
            TaskState.Cancelled => $"Task {task.Id} has been cancelled already.",
            _ => $"Task {task.Id} has failed already: {task.Reason}",
        });
    }
}
