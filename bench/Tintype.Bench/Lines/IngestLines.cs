using System.Security.Cryptography;
using Tintype.Bench.Clients;
using Tintype.Bench.Contestants;
using Tintype.Bench.Measuring;
using Tintype.Bench.Reporting;
using Tintype.TestSupport;

namespace Tintype.Bench.Lines;

/// <summary>Uploads into a store that cuts what it gets into chunks, and reading them back, beside plain files.</summary>
internal static class IngestLines
{
    private const string Plain = "plain files";
    private const string Chunks = "chunks";
    private const string Loop = "a loop over a plain file";

    public static async Task<IReadOnlyList<Line>> MeasureAsync(BenchContext bench)
    {
        var lines = new List<Line>();
        // Of a length that no chunk is a part of, so that each time around it is cut elsewhere, and none of them comes twice.
        lines.AddRange(await MeasureAsync(bench, "random data", RandomNumberGenerator.GetBytes((64 << 20) - 4099), (2L << 30) / bench.Options.Scale));
        var files = HostFiles((1 << 30) / bench.Options.Scale);
        lines.AddRange(await MeasureAsync(bench, "a system's files", files, files.Length));
        return lines;
    }

    private static async Task<IEnumerable<Line>> MeasureAsync(BenchContext bench, string what, byte[] data, long length)
    {
        var plain = await bench.TintypeAsync();
        await using var chunks = await TintypeService.StartAsync(Chunks, "--Images:Stores:disks:Driver=chunks");
        // Each once, for what a server does for the first time, and until its code is compiled well.
        await UploadAsync(bench, plain, data, length);
        await UploadAsync(bench, chunks, data, length);
        byte time = 0;
        var uploads = await Rounds.AlternateAsync(bench.Options.Rounds,
        [
            new(Plain, _ => UploadAsync(bench, plain, data, length)),
            new(Chunks, _ =>
            {
                // What is there already would not be stored again.
                Change(data, (byte)(time ^ ++time));
                return UploadAsync(bench, chunks, data, length);
            }),
        ], sample => BenchContext.Tell($"upload of {what} into {sample}"), bench.Ct);

        using var folder = new TemporaryDirectory();
        var file = folder.Combine("image");
        await using (var written = File.Create(file))
        {
            for (long done = 0; done < length; done += data.Length)
                written.Write(data, 0, (int)Math.Min(data.Length, length - done));
        }

        using var loop = new LoopServer(file);
        var image = await chunks.UploadAsync(data, length, bench.Ct);
        BenchContext.Settle();
        Contestant[] readers =
        [
            new(Loop, _ => DownloadAsync(length, loop.Address, LoopServer.Path, null, () => 0)),
            new(Chunks, _ => DownloadAsync(length, chunks.Images, chunks.FilePath(image), chunks.Token, () => chunks.Processor)),
        ];
        // Once for the cache.
        foreach (var reader in readers)
            await reader.RunAsync(bench.Ct);
        var downloads = await Rounds.AlternateAsync(bench.Options.Rounds, readers, sample => BenchContext.Tell($"download of {what} from {sample}"), bench.Ct);
        return Report($"{Text.Bytes(length)} of {what}", uploads, downloads);
    }

    private static IEnumerable<Line> Report(string what, IReadOnlyDictionary<string, IReadOnlyList<Sample>> uploads, IReadOnlyDictionary<string, IReadOnlyList<Sample>> downloads)
    {
        string Shown(string name) => $"{Text.Seconds(uploads[name].Median(s => s.Seconds))}, {Text.Cost(uploads[name].Median(s => s.SecondsPerGibibyte))}";
        double Speed(string name) => downloads[name].Median(s => s.MegabytesPerSecond);
        yield return new Line($"upload into chunks, {what}", Shown(Chunks), $"{Shown(Plain)} into plain files",
            uploads[Chunks].Median(s => s.Seconds) / uploads[Plain].Median(s => s.Seconds), Bound.Most(1.5));
        yield return new Line("· download of that, one stream", $"{Text.Speed(Speed(Chunks))}, {Text.Cost(downloads[Chunks].Median(s => s.SecondsPerGibibyte))}",
            $"{Text.Speed(Speed(Loop))} {Loop}", Speed(Chunks) / Speed(Loop), Bound.Least(0.5));
    }

    /// <summary>Other data, in which there are as many repetitions as before.</summary>
    private static void Change(byte[] data, byte by)
    {
        for (var i = 0; i < data.Length; i++)
            data[i] ^= by;
    }

    private static async Task<Sample> UploadAsync(BenchContext bench, TintypeService service, byte[] data, long length)
    {
        using var client = service.Client();
        var id = await client.CreateImageAsync(bench.Ct);
        BenchContext.Settle();
        var sample = await Rounds.MeasureAsync(() => service.Processor, () => Streams.RunAsync(1, _ => service.Put(id, data, length)));
        await client.DeleteImageAsync(id, bench.Ct);
        return sample;
    }

    private static Task<Sample> DownloadAsync(long length, Uri server, string path, string? token, Func<double> processor) => Rounds.MeasureAsync(processor, () => Streams.RunAsync(1, _ =>
    {
        using var wire = new WireClient(server);
        var bytes = wire.Get(path, token);
        return bytes == length ? bytes : throw new HttpRequestException($"{server} sent {bytes} bytes of {length}.");
    }));

    /// <summary>What programs and their data look like on a disk: this machine's, in blocks of 4 KiB each, as in a file system.</summary>
    private static byte[] HostFiles(int length)
    {
        var data = new byte[length];
        var at = 0;
        var everything = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
        foreach (var file in Directory.EnumerateFiles("/usr", "*", everything).Order(StringComparer.Ordinal))
        {
            using var opened = File.OpenHandle(file);
            at += RandomAccess.Read(opened, data.AsSpan(at), 0);
            at = (at + 4095) / 4096 * 4096;
            if (at >= length)
                return data;
        }

        // A smaller machine than any that measures.
        return data[..at];
    }
}
