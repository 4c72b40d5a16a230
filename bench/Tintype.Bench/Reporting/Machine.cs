using System.Globalization;
using CliWrap;
using CliWrap.Buffered;

namespace Tintype.Bench.Reporting;

/// <summary>What the figures were measured on.</summary>
internal static class Machine
{
    public static async Task<string> DescribeAsync(TimeProvider time, CancellationToken ct)
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(": ", 2)[1] ?? "unknown";
        var memory = long.Parse(File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        var kernel = (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease", ct)).Trim();
        var system = File.ReadLines("/etc/os-release").FirstOrDefault(l => l.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))?.Split('=')[1].Trim('"') ?? "unknown";
        var files = (await Cli.Wrap("findmnt").WithArguments(["--noheadings", "--output", "FSTYPE", "--target", Path.GetTempPath()]).ExecuteBufferedAsync(ct)).StandardOutput.Trim();
        var load = (await File.ReadAllTextAsync("/proc/loadavg", ct)).Split(' ')[0];
        return string.Create(CultureInfo.InvariantCulture, $"""
            {time.GetLocalNow():yyyy-MM-dd}, {Environment.ProcessorCount} cores ({model.Trim()}), {memory / 1024.0 / 1024:0} GiB of memory, {system}, Linux {kernel}, {files} under {Path.GetTempPath()},
            .NET {Environment.Version}; load before the start {load}
            """).ReplaceLineEndings(" ");
    }
}
