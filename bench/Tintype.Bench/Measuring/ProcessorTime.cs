using System.Globalization;

namespace Tintype.Bench.Measuring;

/// <summary>Seconds of processor time, user's and system's, of a process and all that came of it, as the kernel counts them.</summary>
internal static class ProcessorTime
{
    // sysconf(_SC_CLK_TCK): 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    public static double Of(params IReadOnlyCollection<int> roots)
    {
        var stats = Directory.EnumerateDirectories("/proc").Select(Read).OfType<Stat>().ToList();
        var members = roots.ToHashSet();
        int generation;
        do
        {
            generation = members.Count;
            members.UnionWith(stats.Where(s => members.Contains(s.Parent)).Select(s => s.Pid));
        }
        while (members.Count > generation);

        // A child that has ended is in its parent's sum, one that runs is not.
        return stats.Where(s => members.Contains(s.Pid)).Sum(s => s.Ticks) / TicksPerSecond;
    }

    /// <summary>MiB that are resident at the most since <see cref="ForgetPeak"/>.</summary>
    public static double PeakMebibytes(int pid) => Kilobytes(pid, "VmHWM:") / 1024;

    public static double ResidentMebibytes(int pid) => Kilobytes(pid, "VmRSS:") / 1024;

    public static void ForgetPeak(int pid) => File.WriteAllText($"/proc/{pid}/clear_refs", "5");

    private static double Kilobytes(int pid, string field) => double.Parse(
        File.ReadLines($"/proc/{pid}/status").Single(line => line.StartsWith(field, StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^2], CultureInfo.InvariantCulture);

    private sealed record Stat(int Pid, int Parent, long Ticks);

    // 4711 (comm with any ) in it) S 1 … : the numbers are counted from behind the last parenthesis.
    private static Stat? Read(string folder)
    {
        if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid))
            return null;
        try
        {
            var text = File.ReadAllText(Path.Combine(folder, "stat"));
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            long Field(int number) => long.Parse(fields[number - 3], CultureInfo.InvariantCulture);
            return new Stat(pid, (int)Field(4), Field(14) + Field(15) + Field(16) + Field(17));
        }
        catch (IOException)
        {
            // It has ended while we looked.
            return null;
        }
    }
}
