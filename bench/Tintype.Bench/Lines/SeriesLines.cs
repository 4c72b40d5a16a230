using System.Diagnostics;
using System.Globalization;
using Tintype.Bench.Guests;
using Tintype.Bench.Measuring;
using Tintype.Bench.Reporting;
using Tintype.TestSupport;

namespace Tintype.Bench.Lines;

/// <summary>Many snapshots of one guest: what they take together, and what it takes to start a guest from the newest.</summary>
internal static class SeriesLines
{
    private const int Count = 20;
    private const double Mib = 1 << 20;

    public static async Task<IReadOnlyList<Line>> MeasureAsync(BenchContext bench)
    {
        using var folder = new TemporaryDirectory();
        await using var cloud = await GuestCloud.StartAsync(bench.Ct);
        var images = new GuestImage(folder, bench.Options.Scale);
        var (newest, stored) = await SnapshotsAsync(bench, cloud, images, 10, Count);
        var one = await cloud.SizeAsync(newest);
        var (large, _) = await SnapshotsAsync(bench, cloud, images, 1000, 2);
        var small = await StartAsync(bench, cloud, newest);
        var great = await StartAsync(bench, cloud, large);
        return
        [
            new($"store of {Count} snapshots, each with 1% changed", Text.Mebibytes(stored / Mib), $"{Text.Mebibytes(one / Mib)} one image", (double)stored / one, Bound.Most(1.5)),
            Start(10, small),
            Start(1000, great),
        ];
    }

    private static Line Start(int gibibytes, IReadOnlyList<Sample> samples)
    {
        var milliseconds = samples.Median(s => s.Processor) * 1000;
        return new(string.Create(CultureInfo.InvariantCulture, $"server from the newest, {gibibytes} GiB: processor time until QEMU runs"),
            Text.Milliseconds(milliseconds), $"{Text.Seconds(samples.Median(s => s.Seconds))} by the clock", milliseconds, Bound.MostMilliseconds(200));
    }

    /// <summary>The newest of so many snapshots, and the bytes that the store has for all of them, with their basis.</summary>
    private static async Task<(Guid Newest, long Stored)> SnapshotsAsync(BenchContext bench, GuestCloud cloud, GuestImage images, int gibibytes, int count)
    {
        var image = await cloud.UploadAsync(await images.SparseAsync(gibibytes, bench.Ct), "qcow2", bench.Ct);
        var guest = await cloud.BootAsync("series", image, bench.Ct);
        var newest = Guid.Empty;
        for (var i = 0; i < count; i++)
        {
            await guest.WriteAsync(images.DataBytes / 100 / 65536 * 65536, bench.Ct);
            var taken = await cloud.SnapshotAsync(guest, bench.Ct);
            BenchContext.Tell(string.Create(CultureInfo.InvariantCulture, $"snapshot {i + 1} of {count}: {taken.Seconds:0.000} s, stored {taken.Stored / Mib:0.0} MiB"));
            newest = taken.Image;
        }

        var stored = cloud.Stored;
        await guest.LetGoAsync();
        // It would be on the same account as the guests that are measured.
        await cloud.DeleteAsync(guest.Id, bench.Ct);
        return (newest, stored);
    }

    private static async Task<IReadOnlyList<Sample>> StartAsync(BenchContext bench, GuestCloud cloud, Guid image)
    {
        var samples = new List<Sample>();
        // One more, for what is done for the first time.
        for (var round = -1; round < bench.Options.Rounds; round++)
        {
            await cloud.RestAsync(bench.Ct);
            BenchContext.Settle();
            var before = cloud.Processor;
            var started = Stopwatch.GetTimestamp();
            var server = await cloud.CreateAsync("newest", image);
            await cloud.UntilActiveAsync(server, bench.Ct);
            // The server's own, and that of all it has started, the guest's QEMU too.
            var sample = new Sample(1, Stopwatch.GetElapsedTime(started).TotalSeconds, cloud.Processor - before);
            await cloud.DeleteAsync(server, bench.Ct);
            BenchContext.Tell(string.Create(CultureInfo.InvariantCulture, $"server from a snapshot: processor {sample.Processor * 1000:0} ms, {sample.Seconds:0.00} s"));
            if (round >= 0)
                samples.Add(sample);
        }

        return samples;
    }
}
