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
        var (image, newest, stored) = await SnapshotsAsync(bench, cloud, images, 10, Count);
        var one = await cloud.SizeAsync(newest);
        var (_, large, _) = await SnapshotsAsync(bench, cloud, images, 1000, 2);
        var plain = await StartAsync(bench, cloud, image);
        var small = await StartAsync(bench, cloud, newest);
        var great = await StartAsync(bench, cloud, large);
        return
        [
            new($"store of {Count} snapshots, each with 1% changed", Text.Mebibytes(stored / Mib), $"{Text.Mebibytes(one / Mib)} one image", (double)stored / one, Bound.Most(1.5)),
            .. Report(10, small, plain),
            .. Report(1000, great, plain),
        ];
    }

    private static IEnumerable<Line> Report(int gibibytes, IReadOnlyList<Started> starts, IReadOnlyList<Started> plain)
    {
        double ours = starts.Median(s => s.Own) * 1000, file = plain.Median(s => s.Own) * 1000;
        double qemus = starts.Median(s => s.Qemu) * 1000, files = plain.Median(s => s.Qemu) * 1000;
        yield return new(string.Create(CultureInfo.InvariantCulture, $"server from the newest, {gibibytes} GiB: processor time until QEMU runs"),
            $"{Text.Milliseconds(ours)}, {Text.Seconds(starts.Median(s => s.Seconds))} by the clock", $"{Text.Milliseconds(file)} from an uploaded qcow2", ours, Bound.MostMilliseconds(200));
        yield return new("· and QEMU's own", Text.Milliseconds(qemus), $"{Text.Milliseconds(files)} from an uploaded qcow2", qemus / files, null);
    }

    /// <summary>The newest of so many snapshots, and the bytes that the store has for all of them, with their basis.</summary>
    private static async Task<(Guid Image, Guid Newest, long Stored)> SnapshotsAsync(BenchContext bench, GuestCloud cloud, GuestImage images, int gibibytes, int count)
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
        return (image, newest, stored);
    }

    private static async Task<IReadOnlyList<Started>> StartAsync(BenchContext bench, GuestCloud cloud, Guid image)
    {
        var starts = new List<Started>();
        // One more, for what is done for the first time.
        for (var round = -1; round < bench.Options.Rounds; round++)
        {
            await cloud.RestAsync(bench.Ct);
            BenchContext.Settle();
            var before = cloud.Processor;
            var started = Stopwatch.GetTimestamp();
            var server = await cloud.CreateAsync("newest", image);
            await cloud.UntilActiveAsync(server, bench.Ct);
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            // The server's own, and that of all it has started.
            var (all, qemu) = (cloud.Processor - before, cloud.QemuProcessor(server));
            await cloud.DeleteAsync(server, bench.Ct);
            BenchContext.Tell(string.Create(CultureInfo.InvariantCulture, $"server from an image: processor {(all - qemu) * 1000:0} ms, QEMU {qemu * 1000:0} ms, {seconds:0.00} s"));
            if (round >= 0)
                starts.Add(new Started(all - qemu, qemu, seconds));
        }

        return starts;
    }

    /// <summary>A server that was started.</summary>
    /// <param name="Own">Seconds of processor time that Tintype took, with the programs that it ran, until QEMU ran.</param>
    /// <param name="Qemu">The same of QEMU, with what an emulated guest has done by then.</param>
    private sealed record Started(double Own, double Qemu, double Seconds);
}
