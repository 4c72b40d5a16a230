namespace Tintype.Tests.Compute;

/// <summary>
/// A clock that stands still until somebody waits for it, and then is at once where they wanted it: what takes time between two
/// waits takes none, however busy the machine is.
/// </summary>
internal sealed class JumpingTime(DateTimeOffset start) : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => start.AddTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Jump();
        if (dueTime != Timeout.InfiniteTimeSpan)
            ThreadPool.QueueUserWorkItem(_ => Fire(timer, callback, state, dueTime));
        return timer;
    }

    private void Fire(Jump timer, TimerCallback callback, object? state, TimeSpan dueTime)
    {
        if (timer.IsDisposed)
            return;
        Interlocked.Add(ref _ticks, dueTime.Ticks);
        callback(state);
    }

    private sealed class Jump : ITimer
    {
        public bool IsDisposed { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

        public void Dispose() => IsDisposed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
