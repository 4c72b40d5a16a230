using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Tintype.Bench.Clients;
using Tintype.Bench.Contestants;
using Tintype.Bench.Filling;
using Tintype.Bench.Measuring;
using Tintype.Bench.Reporting;

namespace Tintype.Bench.Lines;

/// <summary>A page of the list of images, signed in, with little and with much beside what is on it.</summary>
internal static class ListLines
{
    private const string Path = "images?limit=25";
    private const int PageSize = 25;
    private const int Connections = 16;

    private const int Few = 1_000;
    private const int Usual = 10_000;

    public static async Task<IReadOnlyList<Line>> MeasureAsync(BenchContext bench)
    {
        var many = 1_000_000 / bench.Options.Scale;
        await using var few = await FilledAsync(Few);
        await using var usual = await FilledAsync(Usual);
        await using var full = await FilledAsync(many);
        var glance = await bench.GlanceAsync();
        BenchContext.Tell($"filling Glance with {Number(Usual)} images");
        await GlanceImages.FillAsync(glance, Usual, glance.Project, TimeProvider.System.GetUtcNow(), bench.Ct);

        foreach (IImageService service in (IImageService[])[few, usual, full, glance])
        {
            await CheckAsync(service, bench.Ct);
            await RequestAsync(service, bench.Time(5));
        }

        var samples = await Rounds.AlternateAsync(bench.Options.Rounds,
        [
            new(few.Name, _ => ListAsync(bench, few, () => few.Processor)),
            new(usual.Name, _ => ListAsync(bench, usual, () => usual.Processor)),
            new(full.Name, _ => ListAsync(bench, full, () => full.Processor)),
            new(glance.Name, _ => ListAsync(bench, glance, () => glance.ProcessorWithDatabase)),
        ], BenchContext.Tell, bench.Ct);

        double Cost(string name) => samples[name].Median(s => s.MillisecondsPerRequest);
        string Shown(string name) => $"{Text.PerRequest(Cost(name))} at {Text.Rate(samples[name].Median(s => s.Work / s.Seconds))}";
        return
        [
            new($"list, limit=25, {Connections} connections, {Number(Usual)} images: processor time a request", Shown(usual.Name), $"{Shown(glance.Name)} Glance and its database",
                Cost(usual.Name) / Cost(glance.Name), Bound.Most(1.0 / 50)),
            new($"· the same, {Number(many)} images beside {Number(Few)}", Shown(full.Name), $"{Shown(few.Name)} Tintype, {Number(Few)} images",
                Cost(full.Name) / Cost(few.Name), Bound.Most(1.5)),
        ];
    }

    private static async Task<TintypeService> FilledAsync(int images)
    {
        BenchContext.Tell($"filling Tintype with {Number(images)} images");
        var service = await TintypeService.StartAsync($"Tintype, {Number(images)} images");
        try
        {
            await service.ChangeDataAsync(() => TintypeImages.FillAsync(service.Database, images, service.Project, TimeProvider.System.GetUtcNow()));
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    private static Task<Sample> ListAsync(BenchContext bench, IImageService service, Func<double> processor) =>
        Rounds.MeasureAsync(processor, () => RequestAsync(service, bench.Time(8)));

    /// <returns>Requests; every one that was begun in the time was answered.</returns>
    private static Task<double> RequestAsync(IImageService service, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        var path = new Uri(service.Images, Path).PathAndQuery;
        return Streams.RunAsync(Connections, _ =>
        {
            using var wire = new WireClient(service.Images);
            var requests = 0;
            for (; clock.Elapsed < time; requests++)
                wire.Get(path, service.Token);
            return requests;
        });
    }

    // What is measured has to be a page as clients get it.
    private static async Task CheckAsync(IImageService service, CancellationToken ct)
    {
        using var client = service.Client();
        var images = (await client.GetFromJsonAsync<JsonElement>(new Uri(Path, UriKind.Relative), ct)).GetProperty("images");
        if (images.GetArrayLength() != PageSize || images.EnumerateArray().Any(image =>
                image.GetProperty("status").GetString() != "active" || image.GetProperty("tags").GetArrayLength() != 2 || image.GetProperty("os_distro").GetString() != "debian"
                || image.GetProperty("os_hash_algo").GetString() != "sha512"))
            throw new InvalidOperationException($"{service.Name} does not list what it was filled with: {images}");
    }

    private static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
