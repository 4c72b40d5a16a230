using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Tintype.Bench.Contestants;
using Tintype.Bench.Measuring;
using Tintype.Bench.Reporting;

namespace Tintype.Bench.Lines;

/// <summary>The life of an image without data: created, shown, deleted; what each answer says is on the disk.</summary>
internal static class CycleLines
{
    private const int Connections = 8;

    public static async Task<IReadOnlyList<Line>> MeasureAsync(BenchContext bench)
    {
        var tintype = await bench.TintypeAsync();
        var glance = await bench.GlanceAsync();
        Contestant[] contestants =
        [
            new("Tintype", _ => CycleAsync(bench, tintype, () => tintype.Processor)),
            new("Glance", _ => CycleAsync(bench, glance, () => glance.ProcessorWithDatabase)),
        ];
        // Once for whatever is made at its first use.
        foreach (var contestant in contestants)
            await contestant.RunAsync(bench.Ct);
        var samples = await Rounds.AlternateAsync(bench.Options.Rounds, contestants, sample => BenchContext.Tell($"create, show, delete: {sample}"), bench.Ct);

        double Cost(string name) => samples[name].Median(s => s.MillisecondsPerRequest);
        string Shown(string name) => $"{Text.PerRequest(Cost(name))} at {Text.Rate(samples[name].Median(s => s.Work / s.Seconds))}";
        return
        [
            new($"create, show, delete, {Connections} connections: processor time for the three", Shown("Tintype"), $"{Shown("Glance")} Glance and its database",
                Cost("Tintype") / Cost("Glance"), Bound.Most(1.0 / 15)),
        ];
    }

    private static Task<Sample> CycleAsync(BenchContext bench, IImageService service, Func<double> processor) => Rounds.MeasureAsync(processor, async () =>
    {
        using var client = service.Client();
        var clock = Stopwatch.StartNew();
        var time = bench.Time(8);
        async Task<double> RunAsync()
        {
            var cycles = 0;
            for (; clock.Elapsed < time; cycles++)
            {
                var id = await client.CreateImageAsync(bench.Ct);
                var shown = await client.GetFromJsonAsync<JsonElement>(new Uri($"images/{id}", UriKind.Relative), bench.Ct);
                if (shown.GetProperty("status").GetString() != "queued")
                    throw new InvalidOperationException($"{service.Name} shows a new image as {shown}");
                await client.DeleteImageAsync(id, bench.Ct);
            }

            return cycles;
        }

        return (await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => RunAsync()))).Sum();
    });
}
