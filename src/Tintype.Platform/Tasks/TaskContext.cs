namespace Tintype.Platform.Tasks;

/// <summary>A running task, as its handler sees it.</summary>
public sealed class TaskContext : ITaskProgress
{
    private readonly TaskMeter _meter;

    internal TaskContext(TaskRecord task, TaskMeter meter)
    {
        Task = task;
        _meter = meter;
    }

    public TaskRecord Task { get; }

    public void Step(string word, double share = 1) => _meter.Step(word, share);

    public void Report(long done, long? total) => _meter.Report(done, total);

    /// <summary>How much of the whole is done, where it is not told by bytes.</summary>
    /// <param name="percent">0 to 100.</param>
    public Task ReportAsync(int percent, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        _meter.Report(percent);
        return System.Threading.Tasks.Task.CompletedTask;
    }
}
