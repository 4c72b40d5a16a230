using System.Security.Cryptography;
using Tintype.Bench.Clients;
using Tintype.Bench.Contestants;
using Tintype.Bench.Measuring;
using Tintype.Bench.Reporting;

namespace Tintype.Bench.Lines;

/// <summary>What the server keeps in memory: at rest, and at the most while many large images come and go.</summary>
internal static class MemoryLines
{
    private const int Streams = 32;

    public static async Task<IReadOnlyList<Line>> MeasureAsync(BenchContext bench)
    {
        var size = (1L << 30) / bench.Options.Scale;
        await using var tintype = await TintypeService.StartAsync();
        using var client = tintype.Client();
        // What the start has left to do is over when the server has nothing to do.
        await Task.Delay(TimeSpan.FromSeconds(5), bench.Ct);
        var idle = ProcessorTime.ResidentMebibytes(tintype.Pid);
        ProcessorTime.ForgetPeak(tintype.Pid);

        // An eighth of it is data and the rest zeros, for which the store takes no room: every byte is received, hashed, inspected and sent all the same.
        var pattern = new byte[8 << 20];
        RandomNumberGenerator.Fill(pattern.AsSpan(0, pattern.Length / 8));
        var source = await tintype.UploadAsync(pattern, size, bench.Ct);
        var ids = new List<Guid>();
        for (var i = 0; i < Streams; i++)
            ids.Add(await client.CreateImageAsync(bench.Ct));
        await Task.WhenAll(
            Clients.Streams.RunAsync(Streams, stream => tintype.Put(ids[stream], pattern, size)),
            Clients.Streams.RunAsync(Streams, _ => Download(tintype, source)));
        var peak = ProcessorTime.PeakMebibytes(tintype.Pid);
        foreach (var id in ids.Append(source))
            await client.DeleteImageAsync(id, bench.Ct);
        return
        [
            new("memory, idle", Text.Mebibytes(idle), "", idle, Bound.MostMebibytes(150)),
            new($"· beyond that, with {Streams} uploads and {Streams} downloads of {Text.Bytes(size)} at once", Text.Mebibytes(peak - idle), "", peak - idle, Bound.MostMebibytes(100)),
        ];
    }

    private static long Download(TintypeService tintype, Guid image)
    {
        using var wire = new WireClient(tintype.Images);
        return wire.Get(tintype.FilePath(image), tintype.Token);
    }
}
