using System.Globalization;

namespace Tintype.Compute.Hosts;

/// <summary>How much memory there is, in MiB.</summary>
internal interface IHostMemory
{
    /// <summary>What new processes could use without pushing anything out.</summary>
    long Available();

    /// <summary>What the process occupies of its own; 0 when it has gone.</summary>
    long ResidentOf(int pid);
}

/// <summary>The kernel's own figures, within the limits of this process' control groups.</summary>
internal sealed class HostMemory : IHostMemory
{
    private const long Mib = 1024 * 1024;

    public long Available()
    {
        var available = Field("/proc/meminfo", "MemAvailable:") * 1024;
        foreach (var group in ControlGroups())
        {
            if (Room(group) is { } room)
                available = Math.Min(available, room);
        }

        return Math.Max(0, available) / Mib;
    }

    // Anonymous and shared pages: the guest's memory is one or the other; QEMU's own text does not count.
    public long ResidentOf(int pid)
    {
        var status = $"/proc/{pid}/status";
        try
        {
            return (Field(status, "RssAnon:") + Field(status, "RssShmem:")) / 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Bytes that the group still lets its members use; null when it has no limit. Reclaimable file pages count as free.</summary>
    private static long? Room(string group)
    {
        var limit = Number(Path.Combine(group, "memory.max"));
        if (limit is null || Number(Path.Combine(group, "memory.current")) is not { } used)
            return null;
        return limit - used + Field(Path.Combine(group, "memory.stat"), "inactive_file");
    }

    // Version 2 alone: this process' group and those above it. In a container the path may lie outside what is mounted.
    private static IEnumerable<string> ControlGroups()
    {
        const string Root = "/sys/fs/cgroup";
        var line = File.ReadLines("/proc/self/cgroup").FirstOrDefault(l => l.StartsWith("0::", StringComparison.Ordinal));
        if (line is null)
            yield break;
        for (var path = Path.GetFullPath(Root + line[3..]); path.StartsWith(Root, StringComparison.Ordinal); path = Path.GetDirectoryName(path)!)
            yield return path;
    }

    private static long? Number(string file) =>
        File.Exists(file) && long.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var number) ? number : null;

    private static long Field(string file, string name)
    {
        foreach (var line in File.ReadLines(file))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
                return long.Parse(line.AsSpan(name.Length).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture);
        }

        return 0;
    }
}
