namespace Tintype.Platform.Tasks;

public enum TaskState
{
    Pending,
    Running,
    Success,
    Failure,
}

/// <summary>A durable piece of work, as the database has it.</summary>
/// <param name="SubjectId">The image or server that it is about.</param>
/// <param name="Payload">JSON that only the task's handler reads.</param>
/// <param name="Progress">Percent, 0 to 100.</param>
/// <param name="Reason">Why it failed, a sentence for the user; null unless it failed.</param>
public sealed record TaskRecord(
    Guid Id, string Kind, TaskState State, Guid SubjectId, string ProjectId, string UserId, string RequestId, string Payload,
    int Progress, string? Reason, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt);

/// <summary>Which tasks, and which page of them.</summary>
/// <param name="Kinds">Of these kinds alone.</param>
/// <param name="State">In this state alone; any if null.</param>
/// <param name="EndedSince">Without those that ended earlier.</param>
/// <param name="Marker">The last task of the page before; null for the first page.</param>
public sealed record TaskQuery(IReadOnlyList<string> Kinds, TaskState? State, DateTimeOffset EndedSince, Guid? Marker, int Limit, bool OldestFirst);

/// <summary>A task to be queued.</summary>
public sealed record NewTask(string Kind, Guid SubjectId, string ProjectId, string UserId, string RequestId, string Payload);

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
/// (a <see cref="Http.Fault"/>'s message is shown to the user), by cancellation at shutdown, or by a crash, after which
/// <see cref="RecoverAsync"/> is called at the next start before any task runs.
/// </summary>
public interface ITaskHandler
{
    string Kind { get; }

    /// <summary>How many tasks of this kind may run at once in this process.</summary>
    int MaxConcurrency { get; }

    Task RunAsync(TaskContext task, CancellationToken ct);

    Task<TaskRecovery> RecoverAsync(TaskRecord task, CancellationToken ct);
}
