using System.Collections.Concurrent;

namespace Tintype.Platform.Tasks;

/// <summary>The tasks that this process runs, or will as soon as there is a free place for them.</summary>
internal sealed class RunningTasks
{
    private readonly ConcurrentDictionary<Guid, RunningTask> _tasks = new();

    /// <summary>Null if this process has it already.</summary>
    public RunningTask? TryBegin(Guid id, TimeProvider time, CancellationToken stopping)
    {
        var task = new RunningTask(id, new TaskMeter(time), ended => _tasks.TryRemove(KeyValuePair.Create(id, ended)), stopping);
        if (_tasks.TryAdd(id, task))
            return task;
        task.Dispose();
        return null;
    }

    public bool Has(Guid id) => _tasks.ContainsKey(id);

    /// <summary>Those whose handler has begun, as they are at this moment.</summary>
    public IReadOnlyList<RunningTask> Begun() => [.. _tasks.Values.Where(task => task.Record is not null)];

    /// <summary>The record with how far its task is, if it runs here.</summary>
    public TaskRecord Now(TaskRecord record) =>
        record.State == TaskState.Running && _tasks.TryGetValue(record.Id, out var task) ? record.With(task.Meter.Read()) : record;

    /// <summary>Cancels the task's token, if this process has it, because a user wants it to end.</summary>
    public Task CancelAsync(Guid id) => _tasks.TryGetValue(id, out var task) ? task.StopAsync(TaskStop.Cancelled) : Task.CompletedTask;
}

/// <summary>Why a task is stopped that has not ended.</summary>
internal enum TaskStop
{
    /// <summary>It is not; if its token is cancelled all the same, the server stops.</summary>
    None,

    /// <summary>A user has cancelled it.</summary>
    Cancelled,

    /// <summary>Another process runs it now.</summary>
    Lost,
}

internal sealed class RunningTask : IDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly Action<RunningTask> _onEnd;
    private volatile TaskRecord? _record;
    private volatile TaskStop _why;

    public RunningTask(Guid id, TaskMeter meter, Action<RunningTask> onEnd, CancellationToken stopping)
    {
        Id = id;
        Meter = meter;
        Token = (_stop = CancellationTokenSource.CreateLinkedTokenSource(stopping)).Token;
        _onEnd = onEnd;
    }

    public Guid Id { get; }

    public TaskMeter Meter { get; }

    public CancellationToken Token { get; }

    public TaskStop Why => _why;

    /// <summary>As it was when its handler began; null before that.</summary>
    public TaskRecord? Record
    {
        get => _record;
        set => _record = value;
    }

    public async Task StopAsync(TaskStop why)
    {
        if (_why != TaskStop.Lost)
            _why = why;
        try
        {
            await _stop.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It ended in between.
        }
    }

    public void Dispose()
    {
        _onEnd(this);
        _stop.Dispose();
    }
}
