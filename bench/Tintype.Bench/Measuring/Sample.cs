using System.Diagnostics;

namespace Tintype.Bench.Measuring;

/// <summary>One run of one contestant.</summary>
/// <param name="Work">What was done: bytes or requests.</param>
/// <param name="Seconds">By the clock.</param>
/// <param name="Processor">Seconds of processor time that the server took.</param>
internal sealed record Sample(double Work, double Seconds, double Processor)
{
    public const double Mega = 1e6;
    public const double Gibi = 1L << 30;

    public double MegabytesPerSecond => Work / Seconds / Mega;

    public double SecondsPerGibibyte => Processor / (Work / Gibi);

    public double MillisecondsPerRequest => Processor / Work * 1000;
}

/// <summary>Somebody who does the work that is compared.</summary>
/// <param name="RunAsync">Does it once.</param>
internal sealed record Contestant(string Name, Func<CancellationToken, Task<Sample>> RunAsync);

internal static class Rounds
{
    /// <summary>Does the work and measures it.</summary>
    /// <param name="processor">Seconds of processor time up to now.</param>
    /// <param name="work">Returns what was done.</param>
    public static async Task<Sample> MeasureAsync(Func<double> processor, Func<Task<double>> work)
    {
        var before = processor();
        var started = Stopwatch.GetTimestamp();
        var done = await work();
        return new Sample(done, Stopwatch.GetElapsedTime(started).TotalSeconds, processor() - before);
    }

    /// <summary>
    /// Lets the contestants take turns, so that what else happens on the machine falls on all of them; every other round the other way
    /// around, so that none always runs after the same one.
    /// </summary>
    public static async Task<IReadOnlyDictionary<string, IReadOnlyList<Sample>>> AlternateAsync(
        int rounds, IReadOnlyList<Contestant> contestants, Action<string> tell, CancellationToken ct)
    {
        var samples = contestants.ToDictionary(c => c.Name, _ => new List<Sample>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var contestant in round % 2 == 0 ? contestants : contestants.Reverse())
            {
                ct.ThrowIfCancellationRequested();
                var sample = await contestant.RunAsync(ct);
                samples[contestant.Name].Add(sample);
                tell($"{contestant.Name}, round {round + 1}: {sample.Seconds:0.00} s, processor {sample.Processor:0.00} s");
            }
        }

        return samples.ToDictionary(s => s.Key, s => (IReadOnlyList<Sample>)s.Value);
    }

    public static double Median<T>(this IReadOnlyList<T> samples, Func<T, double> figure) => samples.Select(figure).ToList().Median();

    public static double Median(this IReadOnlyList<double> figures)
    {
        var sorted = figures.Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }
}
