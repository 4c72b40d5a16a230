namespace Tintype.Platform.Tasks;

/// <summary>How far a running task is at one moment.</summary>
/// <param name="BytesPerSecond">Over the last seconds; null while it is too early to say.</param>
internal sealed record TaskProgress(string? Step, int Percent, long? BytesDone, long? BytesTotal, long? BytesPerSecond)
{
    public static TaskProgress None { get; } = new(null, 0, null, null, null);
}

/// <summary>
/// Measures a running task, in memory. The rate is that of a window which slides, by the clock that never jumps: the estimate follows a disk
/// that becomes slow, and falls to nothing for one that hangs.
/// </summary>
internal sealed class TaskMeter(TimeProvider time) : ITaskProgress
{
    private static readonly TimeSpan _window = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _sampling = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly Queue<(long At, long Done)> _samples = new();
    private long _lastSample;
    private string? _step;
    private double _from;
    private double _upTo = 100;
    private double _percent;
    private long? _done;
    private long? _total;

    public void Step(string word, double share = 1)
    {
        lock (_lock)
        {
            _step = word;
            _from = _percent;
            _upTo = _from + ((100 - _from) * Math.Clamp(share, 0, 1));
            (_done, _total) = (null, null);
            _samples.Clear();
        }
    }

    public void Report(long done, long? total)
    {
        lock (_lock)
        {
            if (done < _done)
            {
                // The step has begun again.
                _samples.Clear();
            }

            (_done, _total) = (done, total);
            if (total is { } whole)
                _percent = Math.Max(_percent, _from + ((_upTo - _from) * (whole <= 0 ? 1 : Math.Min(1, (double)done / whole))));
            var now = time.GetTimestamp();
            if (_samples.Count > 0 && time.GetElapsedTime(_lastSample, now) < _sampling)
                return;
            _samples.Enqueue((now, done));
            _lastSample = now;
            Slide(now);
        }
    }

    public void Report(int percent)
    {
        lock (_lock)
            _percent = Math.Clamp(percent, 0, 100);
    }

    public TaskProgress Read()
    {
        lock (_lock)
            return new TaskProgress(_step, (int)_percent, _done, _total, Rate());
    }

    private long? Rate()
    {
        if (_done is not { } done || _samples.Count == 0)
            return null;
        var now = time.GetTimestamp();
        Slide(now);
        var (since, before) = _samples.Peek();
        var elapsed = time.GetElapsedTime(since, now);
        return elapsed < _sampling ? null : (long)((done - before) / elapsed.TotalSeconds);
    }

    /// <summary>Leaves one sample from before the window, to measure the whole of it.</summary>
    private void Slide(long now)
    {
        while (_samples.Count > 1 && time.GetElapsedTime(_samples.ElementAt(1).At, now) >= _window)
            _samples.Dequeue();
    }
}
