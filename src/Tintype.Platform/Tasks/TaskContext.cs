namespace Tintype.Platform.Tasks;

/// <summary>A running task, as its handler sees it.</summary>
public sealed class TaskContext
{
    private readonly TaskRepository _tasks;

    internal TaskContext(TaskRecord task, TaskRepository tasks)
    {
        Task = task;
        _tasks = tasks;
    }

    public TaskRecord Task { get; }

    /// <param name="percent">0 to 100. Written durably: report steps, not bytes.</param>
    public Task ReportAsync(int percent, CancellationToken ct) => _tasks.ProgressAsync(Task.Id, Math.Clamp(percent, 0, 100), ct);
}
