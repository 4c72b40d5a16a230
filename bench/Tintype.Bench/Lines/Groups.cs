using Tintype.Bench.Reporting;

namespace Tintype.Bench.Lines;

/// <summary>The groups of lines by the names that <see cref="BenchOptions"/> knows them by, in the order in which they are measured.</summary>
internal static class Groups
{
    public static IReadOnlyList<(string Name, Func<BenchContext, Task<IReadOnlyList<Line>>> MeasureAsync)> All { get; } =
    [
        ("upload", UploadLines.MeasureAsync),
        ("download", DownloadLines.MeasureAsync),
        ("list", ListLines.MeasureAsync),
        ("cycle", CycleLines.MeasureAsync),
        ("memory", MemoryLines.MeasureAsync),
        ("ingest", IngestLines.MeasureAsync),
        ("snapshot", SnapshotLines.MeasureAsync),
        ("disksize", DiskSizeLines.MeasureAsync),
        ("series", SeriesLines.MeasureAsync),
    ];
}
