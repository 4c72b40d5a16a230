namespace Tintype.Platform.Tasks;

/// <summary>Wakes whoever waits for a task to change. It says neither which nor how: the database does.</summary>
internal sealed class TaskPulse
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the first change after it was asked for; to be taken before one looks.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Beat() => Interlocked.Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
