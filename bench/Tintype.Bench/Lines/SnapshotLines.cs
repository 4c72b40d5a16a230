using System.Globalization;
using Tintype.Bench.Guests;
using Tintype.Bench.Measuring;
using Tintype.Bench.Reporting;
using Tintype.TestSupport;

namespace Tintype.Bench.Lines;

/// <summary>Snapshots of a running guest that has changed a part of its disk, beside what Nova does with the same guest at the same moment.</summary>
internal static class SnapshotLines
{
    private const int DiskSize = 10;
    private const int Page = 4096;
    private const int ChunkSize = 65536;
    private const double Mib = 1 << 20;

    public static async Task<IReadOnlyList<Line>> MeasureAsync(BenchContext bench)
    {
        using var folder = new TemporaryDirectory();
        await using var cloud = await GuestCloud.StartAsync(bench.Ct);
        var images = new GuestImage(folder, bench.Options.Scale);
        var nova = new NovaWay(await bench.GlanceAsync(), folder);
        var guest = await cloud.BootAsync("changed", await cloud.UploadAsync(await images.SparseAsync(DiskSize, bench.Ct), "qcow2", bench.Ct), bench.Ct);
        var run = new Run(bench, cloud, guest, nova);
        // The first of all, with what the server does for the first time.
        await run.ForgetAsync();

        long much = 200 * (1 << 20) / bench.Options.Scale, little = 20 * (1 << 20) / bench.Options.Scale;
        var (first, second) = (new List<Taken>(), new List<Taken>());
        for (var round = 0; round < bench.Options.Rounds; round++)
        {
            first.Add(await run.BothAsync("much changed", () => guest.WriteAsync(much, bench.Ct)));
            second.Add(await run.BothAsync("little changed", () => guest.WriteAsync(little, bench.Ct)));
        }

        var pages = Scattered(images.FillerBytes, 5000 / bench.Options.Scale);
        var scattered = await run.BothAsync("scattered changes", () => guest.ScatterAsync(pages, bench.Ct));
        await guest.LetGoAsync();
        var disk = string.Create(CultureInfo.InvariantCulture, $"{DiskSize} GiB disk, {images.DataBytes / Mib:0} MiB on it");
        return
        [
            Faster($"snapshot, {disk}, {much / Mib:0} MiB changed: until it is active", first, 0.25),
            Smaller($"· stored of {much / Mib:0} MiB", first, much, Bound.Most(1.1)),
            new("· the guest is frozen", Text.Milliseconds(run.Frozen), $"{Text.Milliseconds(run.Alone)} freeze and thaw alone", run.Frozen / run.Alone, Bound.Most(1.3)),
            Faster($"snapshot, {little / Mib:0} MiB later", second, 0.1),
            Smaller($"· stored of {little / Mib:0} MiB", second, little, bench.Options.Scale == 1 ? Bound.MostMebibytes(25) : null),
            new($"snapshot after {pages.Count} scattered writes of 4 KiB", Text.Seconds(scattered.Ours.Seconds), $"{Text.Seconds(scattered.Nova)} Nova's way", scattered.Ours.Seconds / scattered.Nova, null),
            .. Sizes(scattered.Ours, pages),
        ];
    }

    private static Line Faster(string what, List<Taken> taken, double most)
    {
        double ours = taken.Median(t => t.Ours.Seconds), nova = taken.Median(t => t.Nova);
        return new(what, $"{Text.Seconds(ours)}, processor {Text.Seconds(taken.Median(t => t.Ours.Processor))}", $"{Text.Seconds(nova)} Nova's way", ours / nova, Bound.Most(most));
    }

    private static Line Smaller(string what, List<Taken> taken, long changed, Bound? bound)
    {
        var stored = taken.Median(t => t.Ours.Stored);
        return new(what, Text.Mebibytes(stored / Mib), $"{Text.Mebibytes(changed / Mib)} changed", bound is { Unit: not "" } ? stored / Mib : stored / changed, bound);
    }

    // What the size of a chunk has to do with it: as many of them as hold a changed page, were they larger or smaller.
    private static IEnumerable<Line> Sizes(Snapshot snapshot, IReadOnlyList<int> pages)
    {
        double Touched(int size) => (double)pages.Select(page => page / (size / Page)).Distinct().Count() * size;
        var changed = (double)pages.Count * Page;
        yield return new("· stored", Text.Mebibytes(snapshot.Stored / Mib), $"{Text.Mebibytes(changed / Mib)} changed", snapshot.Stored / changed, null);
        foreach (var size in (int[])[ChunkSize / 4, ChunkSize, ChunkSize * 4])
            yield return new($"· so many chunks of {size / 1024} KiB have a change in them", Text.Mebibytes(Touched(size) / Mib), $"{Text.Mebibytes(changed / Mib)} changed", Touched(size) / changed, null);
    }

    private static IReadOnlyList<int> Scattered(long bytes, int count)
    {
        // The same ones in every run.
#pragma warning disable CA5394
        var random = new Random(4096);
        var pages = new HashSet<int>();
        while (pages.Count < count)
            pages.Add(random.Next((int)(bytes / Page)));
#pragma warning restore CA5394
        return [.. pages];
    }

    private sealed record Taken(Snapshot Ours, double Nova);

    private sealed class Run(BenchContext bench, GuestCloud cloud, BenchGuest guest, NovaWay nova)
    {
        private const int Times = 3;

        private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

        private readonly List<double> _frozen = [];
        private readonly List<double> _alone = [];

        public double Frozen => _frozen.Median();

        public double Alone => _alone.Median();

        /// <summary>Ours, then Nova's, of the same changes.</summary>
        public async Task<Taken> BothAsync(string what, Func<Task> change)
        {
            await change();
            // What the guest has still in memory is neither's.
            await guest.FreezeAndThawAsync(bench.Ct);
            await AloneAsync();
            var ours = await cloud.SnapshotAsync(guest, bench.Ct);
            _frozen.Add(ours.FrozenMilliseconds);
            await AloneAsync();
            await guest.LetGoAsync();
            double theirs = 0;
            // QEMU's channel serves one at a time.
            await cloud.AwayAsync(async () => theirs = await nova.RunAsync(guest, bench.Ct));
            BenchContext.Tell(string.Create(CultureInfo.InvariantCulture,
                $"{what}: Tintype {ours.Seconds:0.000} s, processor {ours.Processor:0.00} s, frozen {ours.FrozenMilliseconds} ms ({_alone.Median():0.0} ms alone), stored {ours.Stored / Mib:0.0} MiB; Nova's way {theirs:0.000} s"));
            await cloud.DeleteImageAsync(ours.Image);
            await ForgetAsync();
            return new Taken(ours, theirs);
        }

        /// <summary>One that nobody measures: a server that has just been started has everything to do for the first time.</summary>
        public async Task ForgetAsync() => await cloud.DeleteImageAsync((await cloud.SnapshotAsync(guest, bench.Ct)).Image);

        private async Task AloneAsync()
        {
            for (var time = 0; time < Times; time++)
            {
                // As long as before a snapshot the guest has had no other: the second of two in a row has nothing to write, and is over in a fraction of the time.
                await guest.LetGoAsync();
                BenchContext.Settle();
                await Task.Delay(_pause, bench.Ct);
                _alone.Add(await guest.FreezeAndThawAsync(bench.Ct));
            }

            await Task.Delay(_pause, bench.Ct);
        }
    }
}
