using System.Threading.Channels;
using Tintype.Platform.Database;

namespace Tintype.Platform.Tasks;

/// <summary>Where rooms put durable work, and ask after it.</summary>
public sealed class TaskQueue
{
    private readonly TaskRepository _tasks;
    private readonly Channel<Guid> _wakeUps = Channel.CreateUnbounded<Guid>();

    internal TaskQueue(TaskRepository tasks) => _tasks = tasks;

    /// <summary>
    /// Queues a task within the caller's transaction, so that it exists exactly if what it is about does. It starts once the
    /// transaction has committed.
    /// </summary>
    public async Task<Guid> EnqueueAsync(WriteScope scope, NewTask task)
    {
        var id = await _tasks.InsertAsync(scope, task);
        scope.AfterCommit(() => _wakeUps.Writer.TryWrite(id));
        return id;
    }

    public async Task<TaskRecord?> FindAsync(Guid id, CancellationToken ct) => await _tasks.FindAsync(id, ct) is { } task ? Running.Now(task) : null;

    /// <summary>The tasks about an image or server, newest first.</summary>
    public async Task<IReadOnlyList<TaskRecord>> ListAboutAsync(Guid subjectId, CancellationToken ct) => Now(await _tasks.ListAboutAsync(subjectId, ct));

    /// <summary>A page of tasks, by the time of their creation.</summary>
    /// <exception cref="Http.Fault">400: there is no such marker.</exception>
    public async Task<IReadOnlyList<TaskRecord>> ListAsync(TaskQuery query, CancellationToken ct) => Now(await _tasks.ListAsync(query, ct));

    internal RunningTasks Running { get; } = new();

    internal ChannelReader<Guid> WakeUps => _wakeUps.Reader;

    internal void Wake(Guid id) => _wakeUps.Writer.TryWrite(id);

    private IReadOnlyList<TaskRecord> Now(IReadOnlyList<TaskRecord> tasks) => [.. tasks.Select(Running.Now)];
}
