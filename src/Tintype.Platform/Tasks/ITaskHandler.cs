namespace Tintype.Platform.Tasks;

/// <summary>What becomes of a task that a crash or a restart interrupted.</summary>
public enum TaskRecovery
{
    /// <summary>What it had done is undone or can be repeated: run it again from its beginning.</summary>
    Rerun,

    /// <summary>What it had done is undone, and it ends as failed.</summary>
    Fail,
}

/// <summary>
/// Does one kind of task. A handler must leave the world consistent however it ends: by returning, by throwing
/// (a <see cref="Http.Fault"/>'s message is shown to the user), by its token, or by a crash, after which
/// <see cref="RecoverAsync"/> is called before it runs again: at the next start, before any task runs, or once the lease of the
/// process that ran it has expired.
/// <para>
/// The token says two things that a handler need not tell apart: the server stops, and the task will go on; or a user has cancelled it,
/// and <see cref="TryUndoAsync"/> is called next. So a handler whose token is cancelled lets go of what only this process holds, and leaves the rest.
/// </para>
/// </summary>
public interface ITaskHandler
{
    string Kind { get; }

    /// <summary>How many tasks of this kind may run at once in this process.</summary>
    int MaxConcurrency { get; }

    /// <summary>Why users cannot cancel what this does, a sentence for them; null if they can.</summary>
    string? UncancellableBecause => $"A task of the kind '{Kind}' cannot be cancelled; it ends by itself.";

    Task RunAsync(TaskContext task, CancellationToken ct);

    Task<TaskRecovery> RecoverAsync(TaskRecord task, CancellationToken ct);

    /// <summary>
    /// Leaves nothing of a task that a user has cancelled: one that has not begun, or whose <see cref="RunAsync"/> has ended by its token, or
    /// which <see cref="RecoverAsync"/> would run again. A crash repeats it.
    /// </summary>
    /// <param name="reason">A sentence, to be kept wherever a user looks for what became of the task.</param>
    /// <returns>False if it was too late: what the task was to do is done, and it ends well.</returns>
    Task<bool> TryUndoAsync(TaskRecord task, string reason) => Task.FromResult(true);
}
