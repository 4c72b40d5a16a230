namespace Tintype.Platform;

/// <summary>What an operator allows the reading of disks and images to take, for all that is read under it together.</summary>
/// <param name="bytesPerSecond">Null for no limit.</param>
public sealed class Bandwidth(long? bytesPerSecond, TimeProvider time)
{
    private readonly Lock _lock = new();
    private TimeSpan _free;
    private readonly long _began = time.GetTimestamp();

    /// <summary>Waits until so many bytes that have been moved are paid for.</summary>
    public Task SpendAsync(int bytes, CancellationToken ct)
    {
        if (bytesPerSecond is not { } rate)
            return Task.CompletedTask;
        TimeSpan wait;
        lock (_lock)
        {
            var now = time.GetElapsedTime(_began);
            _free = (_free > now ? _free : now) + TimeSpan.FromSeconds((double)bytes / rate);
            wait = _free - now;
        }

        return Task.Delay(wait, time, ct);
    }
}
