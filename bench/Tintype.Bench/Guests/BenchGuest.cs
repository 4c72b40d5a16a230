using System.Diagnostics;
using System.Globalization;
using Tintype.Qemu.GuestAgent;
using Tintype.Qemu.Process;

namespace Tintype.Bench.Guests;

/// <summary>A guest that is told by its agent what to write.</summary>
internal sealed class BenchGuest(Guid id, string directory)
{
    private const int Page = 4096;

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(10);

    private GuestAgentClient? _agent;
    private int _shift;

    public Guid Id => id;

    public string Directory => directory;

    private GuestAgentClient Agent => _agent ??= new GuestAgentClient(Path.Combine(directory, GuestFiles.AgentSocket));

    /// <summary>
    /// Writes so many bytes, at the same place of the same file, of data that no store has: the filler's, by another number of bytes further on each time, so that
    /// none of its blocks is any other's. An emulated guest copies many times faster than it makes random data.
    /// </summary>
    public Task WriteAsync(long bytes, CancellationToken ct) => RunAsync(string.Create(CultureInfo.InvariantCulture,
        $"dd if=/mnt/filler of=/mnt/changed bs=65536 iflag=skip_bytes skip={NextShift()} count={bytes / 65536} conv=notrunc 2>/dev/null; sync"), ct);

    /// <summary>Overwrites these pages of the filler.</summary>
    public async Task ScatterAsync(IReadOnlyList<int> pages, CancellationToken ct)
    {
        // A command line of the agent's has a limit.
        foreach (var some in pages.Chunk(500))
        {
            await RunAsync(string.Create(CultureInfo.InvariantCulture,
                $"for page in {string.Join(' ', some)}; do dd if=/mnt/changed of=/mnt/filler bs={Page} iflag=skip_bytes skip=$((page * 977 + {NextShift()})) seek=$page count=1 conv=notrunc 2>/dev/null; done"), ct);
        }

        await RunAsync("sync", ct);
    }

    public async Task RunAsync(string script, CancellationToken ct)
    {
        var ended = await Agent.ExecuteAsync("/bin/sh", ["-c", script], _patience, ct);
        if (ended.ExitCode != 0)
            throw new InvalidOperationException($"In the guest '{script}' ended with {ended.ExitCode}: {ended.StandardError}");
    }

    /// <summary>Milliseconds that the guest is frozen if nothing is done meanwhile.</summary>
    public async Task<double> FreezeAndThawAsync(CancellationToken ct)
    {
        // It is there and has been spoken to, as before a snapshot.
        await Agent.RespondsAsync(_patience, ct);
        var started = Stopwatch.GetTimestamp();
        await FrozenAsync(() => Task.CompletedTask, ct);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    public async Task FrozenAsync(Func<Task> work, CancellationToken ct)
    {
        try
        {
            await Agent.FreezeAsync(_patience, ct);
            await work();
        }
        finally
        {
            await Agent.ThawAsync(_patience, CancellationToken.None);
        }
    }

    /// <summary>Makes room on the agent's channel, which serves one at a time.</summary>
    public async Task LetGoAsync()
    {
        if (_agent is not null)
            await _agent.DisposeAsync();
        _agent = null;
    }

    // Never a multiple of a page, nor the same twice beyond one.
    private int NextShift() => (_shift = (_shift + 37) % Page) == 0 ? NextShift() : _shift;
}
