using System.Globalization;
using Tintype.Bench.Guests;
using Tintype.Bench.Measuring;
using Tintype.Bench.Reporting;
using Tintype.TestSupport;

namespace Tintype.Bench.Lines;

/// <summary>The same changes on disks of different sizes: what a snapshot costs is what has changed.</summary>
internal static class DiskSizeLines
{
    private const int Smallest = 10;
    private const int Full = 20;
    private const double Mib = 1 << 20;

    public static async Task<IReadOnlyList<Line>> MeasureAsync(BenchContext bench)
    {
        using var folder = new TemporaryDirectory();
        await using var cloud = await GuestCloud.StartAsync(bench.Ct);
        var images = new GuestImage(folder, bench.Options.Scale);
        var changed = 100 * (1 << 20) / bench.Options.Scale;
        var guests = new List<(string Name, BenchGuest Guest)>();
        foreach (var size in (int[])[Smallest, 100, 1000])
            guests.Add((Name(size), await BootAsync(bench, cloud, await images.SparseAsync(size, bench.Ct), "qcow2")));
        if (bench.Options.Full)
            guests.Add(($"full {Name(Full)}", await BootAsync(bench, cloud, await images.FullAsync(Full, bench.Ct), "raw")));

        var samples = await Rounds.AlternateAsync(bench.Options.Rounds,
            [.. guests.Select(g => new Contestant(g.Name, ct => SnapshotAsync(cloud, g.Guest, changed, ct)))], sample => BenchContext.Tell($"disk of {sample}"), bench.Ct);
        double Seconds(string name) => samples[name].Median(s => s.Seconds);
        var smallest = guests[0].Name;
        return
        [
            .. guests.Skip(1).Select(g => new Line(string.Create(CultureInfo.InvariantCulture, $"snapshot of a {g.Name} disk, {changed / Mib:0} MiB changed"),
                Text.Seconds(Seconds(g.Name)), $"{Text.Seconds(Seconds(smallest))} of {smallest}", Seconds(g.Name) / Seconds(smallest), Bound.Most(1.5))),
        ];
    }

    private static string Name(int gibibytes) => string.Create(CultureInfo.InvariantCulture, $"{gibibytes} GiB");

    private static async Task<BenchGuest> BootAsync(BenchContext bench, GuestCloud cloud, string image, string format)
    {
        var id = await cloud.UploadAsync(image, format, bench.Ct);
        File.Delete(image);
        var guest = await cloud.BootAsync(Path.GetFileNameWithoutExtension(image), id, bench.Ct);
        await cloud.DeleteImageAsync((await cloud.SnapshotAsync(guest, bench.Ct)).Image);
        return guest;
    }

    private static async Task<Sample> SnapshotAsync(GuestCloud cloud, BenchGuest guest, long changed, CancellationToken ct)
    {
        await guest.WriteAsync(changed, ct);
        var taken = await cloud.SnapshotAsync(guest, ct);
        await cloud.DeleteImageAsync(taken.Image);
        return new Sample(changed, taken.Seconds, taken.Processor);
    }
}
