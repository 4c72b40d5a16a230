namespace Tintype.Images.Chunks.Scrubbing;

/// <summary>Lets whoever reads wait, so that a second sees no more than so many bytes.</summary>
internal sealed class ReadingPace(long bytesPerSecond, TimeProvider time)
{
    // Shorter waits cost more than they are long.
    private static readonly TimeSpan _step = TimeSpan.FromMilliseconds(50);

    private readonly long _start = time.GetTimestamp();
    private double _read;

    public async ValueTask WaitAsync(int bytes, CancellationToken ct)
    {
        _read += bytes;
        var ahead = TimeSpan.FromSeconds(_read / bytesPerSecond) - time.GetElapsedTime(_start);
        if (ahead > _step)
            await Task.Delay(ahead, time, ct);
    }
}
