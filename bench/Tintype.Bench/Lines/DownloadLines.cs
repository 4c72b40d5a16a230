using Tintype.Bench.Clients;
using Tintype.Bench.Contestants;
using Tintype.Bench.Measuring;
using Tintype.Bench.Reporting;

namespace Tintype.Bench.Lines;

/// <summary>Downloads of a file that is in memory already: what the way from there to the socket costs.</summary>
internal static class DownloadLines
{
    /// <summary>Each run moves the file so many times, shared out among its streams: the kernel counts processor time in hundredths of a second.</summary>
    private const int Times = 4;

    private const long RangeSize = 64 << 20;

    public static async Task<IReadOnlyList<Line>> MeasureAsync(BenchContext bench)
    {
        var size = (1L << 30) / bench.Options.Scale;
        var tintype = await bench.TintypeAsync();
        var glance = await bench.GlanceAsync();
        var ours = await tintype.UploadAsync(bench.Pattern, size, bench.Ct);
        var theirs = await glance.UploadAsync(bench.Pattern, size, bench.Ct);
        await using var nginx = await NginxServer.StartAsync(file => Fill(file, bench.Pattern, size), bench.Ct);
        BenchContext.Settle();

        var lines = new List<Line>();
        foreach (var ranges in (bool[])[false, true])
        {
            foreach (var streams in (int[])[1, 4])
            {
                var what = $"{(ranges ? "ranges of 64 MiB" : $"download of {Text.Bytes(size)}")}, cached, {(streams == 1 ? "one stream" : "four streams")}";
                var wanted = new Wanted(size, ranges, streams);
                Contestant[] contestants =
                [
                    new("Tintype", _ => DownloadAsync(wanted, tintype.Images, tintype.FilePath(ours), tintype.Token, () => tintype.Processor)),
                    new("nginx", _ => DownloadAsync(wanted, nginx.Address, NginxServer.Path, null, () => nginx.Processor)),
                    new("Glance", _ => DownloadAsync(wanted, glance.Images, glance.FilePath(theirs), glance.Token, () => glance.Processor)),
                ];
                // Once for the cache.
                foreach (var contestant in contestants)
                    await contestant.RunAsync(bench.Ct);
                lines.AddRange(Report(what, await Rounds.AlternateAsync(bench.Options.Rounds, contestants, sample => BenchContext.Tell($"{what}: {sample}"), bench.Ct)));
            }
        }

        using var client = tintype.Client();
        await client.DeleteImageAsync(ours, bench.Ct);
        using var peer = glance.Client();
        await peer.DeleteImageAsync(theirs, bench.Ct);
        return lines;
    }

    private static IEnumerable<Line> Report(string what, IReadOnlyDictionary<string, IReadOnlyList<Sample>> samples)
    {
        double Speed(string name) => samples[name].Median(s => s.MegabytesPerSecond);
        double Cost(string name) => samples[name].Median(s => s.SecondsPerGibibyte);
        Line Cheaper(string than, double most) => new($"· processor time beside {than}'s", Text.Cost(Cost("Tintype")), $"{Text.Cost(Cost(than))} {than}", Cost("Tintype") / Cost(than), Bound.Most(most));
        yield return new Line(what, Text.Speed(Speed("Tintype")), $"{Text.Speed(Speed("nginx"))} nginx", Speed("Tintype") / Speed("nginx"), Bound.Least(0.9));
        yield return Cheaper("nginx", 2);
        yield return Cheaper("Glance", 1);
    }

    private sealed record Wanted(long Size, bool Ranges, int Streams);

    private static Task<Sample> DownloadAsync(Wanted wanted, Uri server, string path, string? token, Func<double> processor) =>
        Rounds.MeasureAsync(processor, () => Streams.RunAsync(wanted.Streams, _ =>
        {
            using var wire = new WireClient(server);
            long bytes = 0;
            for (var time = 0; time < Times / wanted.Streams; time++)
            {
                if (!wanted.Ranges)
                {
                    bytes += wire.Get(path, token);
                    continue;
                }

                for (long from = 0; from < wanted.Size; from += RangeSize)
                    bytes += wire.Get(path, token, (from, Math.Min(RangeSize, wanted.Size - from)));
            }

            return bytes == wanted.Size * (Times / wanted.Streams) ? bytes : throw new HttpRequestException($"{server} sent {bytes} bytes of {wanted.Size * (Times / wanted.Streams)}.");
        }));

    private static void Fill(Stream file, byte[] pattern, long size)
    {
        for (long done = 0; done < size; done += pattern.Length)
            file.Write(pattern, 0, (int)Math.Min(pattern.Length, size - done));
    }
}
