namespace Tintype.Platform.Tasks;

public enum TaskState
{
    Pending,
    Running,
    Success,
    Failure,
    Cancelled,
}

/// <summary>A durable piece of work, as the database has it; while this process runs it, with how far it is at this moment.</summary>
/// <param name="SubjectId">The image or server that it is about.</param>
/// <param name="Payload">JSON that only the task's handler reads.</param>
/// <param name="Progress">Percent, 0 to 100.</param>
/// <param name="Reason">Why it failed or was cancelled, a sentence for the user; null otherwise.</param>
public sealed record TaskRecord(
    Guid Id, string Kind, TaskState State, Guid SubjectId, string ProjectId, string UserId, string RequestId, string Payload,
    int Progress, string? Reason, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt)
{
    /// <summary>What it is doing, or was doing last, a word for the user; null if it does not say.</summary>
    public string? Step { get; init; }

    /// <summary>Of the step; null if it does not count bytes.</summary>
    public long? BytesDone { get; init; }

    /// <summary>Of the step; null if nobody knows.</summary>
    public long? BytesTotal { get; init; }

    /// <summary>Over the last seconds; null unless this process runs it and it counts bytes.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>Why it is to end before its time; null if nobody has asked for that.</summary>
    public string? CancelReason { get; init; }

    /// <summary>Counts the changes of all tasks: that of this one's last.</summary>
    public long Revision { get; init; }

    public bool HasEnded => State is not (TaskState.Pending or TaskState.Running);

    /// <summary>How long the step takes from now if it goes on as it does; null if that cannot be said.</summary>
    public long? SecondsLeft => BytesPerSecond is > 0 and var rate && BytesDone is { } done && BytesTotal is { } total
        ? (Math.Max(0, total - done) + rate - 1) / rate : null;

    internal TaskRecord With(TaskProgress progress) => this with
    {
        Progress = progress.Percent,
        Step = progress.Step,
        BytesDone = progress.BytesDone,
        BytesTotal = progress.BytesTotal,
        BytesPerSecond = progress.BytesPerSecond,
    };
}

/// <summary>Which tasks, and which page of them.</summary>
/// <param name="Kinds">Of these kinds alone; of any if there are none.</param>
/// <param name="States">In these states alone; in any if there are none.</param>
/// <param name="Marker">The last task of the page before; null for the first page.</param>
public sealed record TaskQuery(IReadOnlyList<string> Kinds, IReadOnlyList<TaskState> States, Guid? Marker, int Limit, bool OldestFirst)
{
    /// <summary>Without those that ended earlier; null for all.</summary>
    public DateTimeOffset? EndedSince { get; init; }

    /// <summary>Of this project alone; of all if null.</summary>
    public string? ProjectId { get; init; }

    /// <summary>About this image or server alone; about any if null.</summary>
    public Guid? SubjectId { get; init; }
}

/// <summary>A task to be queued.</summary>
public sealed record NewTask(string Kind, Guid SubjectId, string ProjectId, string UserId, string RequestId, string Payload);
