using Tintype.Bench.Clients;
using Tintype.Bench.Contestants;
using Tintype.Bench.Measuring;
using Tintype.Bench.Reporting;

namespace Tintype.Bench.Lines;

/// <summary>Uploads, from the first byte of the request to the answer, by which Tintype has the data on the disk (Glance does not promise that).</summary>
internal static class UploadLines
{
    private const string One = "Tintype, one stream";
    private const string Four = "Tintype, four streams";
    private const string OneSha256 = "Tintype, SHA-256";
    private const string Glance = "Glance, one stream";
    private const string Hashes = "MD5 and SHA-512 from memory, two threads";

    public static async Task<IReadOnlyList<Line>> MeasureAsync(BenchContext bench)
    {
        var size = (4L << 30) / bench.Options.Scale;
        var tintype = await bench.TintypeAsync();
        var glance = await bench.GlanceAsync();
        await using var sha256 = await TintypeService.StartAsync("Tintype, SHA-256", "--Images:HashAlgorithm=sha256");
        foreach (IImageService service in (IImageService[])[tintype, sha256, glance])
            await UploadAsync(bench, service, 4, bench.Pattern.Length);

        var samples = await Rounds.AlternateAsync(bench.Options.Rounds,
        [
            new(Hashes, _ => HashLimit.MeasureAsync(bench.Pattern, size)),
            new(One, _ => UploadAsync(bench, tintype, 1, size)),
            new(Glance, _ => UploadAsync(bench, glance, 1, size)),
            new(Four, _ => UploadAsync(bench, tintype, 4, size)),
            new(OneSha256, _ => UploadAsync(bench, sha256, 1, size)),
        ], BenchContext.Tell, bench.Ct);
        return Report(samples, Text.Bytes(size));
    }

    private static IReadOnlyList<Line> Report(IReadOnlyDictionary<string, IReadOnlyList<Sample>> samples, string size)
    {
        double Speed(string name) => samples[name].Median(s => s.MegabytesPerSecond);
        double Cost(string name) => samples[name].Median(s => s.SecondsPerGibibyte);
        Line Faster(string what, string ours, string than, string who, double least) =>
            new(what, Text.Speed(Speed(ours)), $"{Text.Speed(Speed(than))} {who}", Speed(ours) / Speed(than), Bound.Least(least));
        return
        [
            Faster($"upload of {size}, one stream", One, Glance, "Glance", 1.4),
            Faster("· the same beside its hashes alone", One, Hashes, "MD5 and SHA-512 from memory", 0.5),
            new("· the same, processor time", Text.Cost(Cost(One)), $"{Text.Cost(Cost(Hashes))} MD5 and SHA-512 from memory", Cost(One) / Cost(Hashes), Bound.Most(1.6)),
            Faster($"upload of {size} in four streams", Four, One, "Tintype, one stream", 1),
            Faster($"upload of {size}, SHA-256", OneSha256, One, "Tintype, SHA-512", 1.1),
        ];
    }

    private static async Task<Sample> UploadAsync(BenchContext bench, IImageService service, int streams, long size)
    {
        using var client = service.Client();
        var ids = new List<Guid>();
        for (var i = 0; i < streams; i++)
            ids.Add(await client.CreateImageAsync(bench.Ct));
        BenchContext.Settle();
        var sample = await Rounds.MeasureAsync(() => service.Processor, () => Streams.RunAsync(streams, stream => service.Put(ids[stream], bench.Pattern, size / streams)));
        foreach (var id in ids)
            await client.DeleteImageAsync(id, bench.Ct);
        return sample;
    }
}
