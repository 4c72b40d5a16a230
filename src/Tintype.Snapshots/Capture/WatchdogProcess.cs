using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Tintype.Platform;
using Tintype.Qemu.Process;

namespace Tintype.Snapshots.Capture;

/// <summary>
/// Starts <see cref="ThawWatchdog"/> as a child of this process, whose death closes the pipe between them. To start one takes several times as long as to freeze a
/// guest and to thaw it: so, once there has been a snapshot, one stands by for the next.
/// </summary>
internal sealed class WatchdogProcess(DataDirectory data, TimeProvider time) : IThawWatchdog, IDisposable
{
    private static readonly TimeSpan _startWithin = TimeSpan.FromSeconds(30);

    /// <summary>After one has come to duty: not while its snapshot is being read.</summary>
    private static readonly TimeSpan _relieveAfter = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private Process? _standby;
    private ITimer? _relief;
    private bool _disposed;

    public async Task<IArmedWatchdog> ArmAsync(IGuestProcess guest, TimeSpan limit, CancellationToken ct)
    {
        var duty = string.Create(CultureInfo.InvariantCulture, $"{limit.TotalSeconds} {SocketOf(guest)}\n");
        try
        {
            // One that stood by may have been killed meanwhile.
            return TakeStandby() is { } standby && await TryArmAsync(standby, duty, ct) is { Armed: { } watchdog } ? watchdog : await StartAsync(duty, ct);
        }
        finally
        {
            RelieveLater();
        }
    }

    /// <summary>What stands by ends with the pipe; what is on duty is its snapshot's to end.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _relief?.Dispose();
        }

        if (TakeStandby() is { } standby)
            LetGo(standby);
    }

    internal static string SocketOf(IGuestProcess guest) => Path.Combine(guest.Directory, GuestFiles.AgentSocket);

    private async Task<IArmedWatchdog> StartAsync(string duty, CancellationToken ct)
    {
        var (armed, word) = await TryArmAsync(Start(), duty, ct);
        return armed ?? throw new IOException($"The watchdog did not start: it said '{word}' instead of '{ThawWatchdog.Armed}'.");
    }

    /// <returns>The watchdog on duty; if it is not, what it said.</returns>
    private static async Task<(IArmedWatchdog? Armed, string? Word)> TryArmAsync(Process process, string duty, CancellationToken ct)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(duty), ct);
            var word = await process.StandardOutput.ReadLineAsync(ct).AsTask().WaitAsync(_startWithin, ct);
            if (word == ThawWatchdog.Armed)
                return (new Watchdog(process), word);
            LetGo(process);
            return (null, word);
        }
        catch (IOException)
        {
            // It has ended before it read a word.
            LetGo(process);
            return (null, null);
        }
        catch
        {
            // Nothing is frozen yet.
            process.Kill();
            LetGo(process);
            throw;
        }
    }

    private Process Start()
    {
        var process = new Process
        {
            // The directory is for whoever looks at the processes, and wants to know whose it is.
            StartInfo = new ProcessStartInfo(OwnProgram.CommandLine[0], [.. OwnProgram.CommandLine.Skip(1), ThawWatchdog.Command, data.Root])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                // Not ours: whoever reads the server's output waits for the end of all that write to it.
                RedirectStandardError = true,
            },
        };
        // The memory of a service's collector, and code that is measured while it runs, would be for nothing.
        process.StartInfo.Environment["DOTNET_gcServer"] = "0";
        process.StartInfo.Environment["DOTNET_TieredPGO"] = "0";
        process.Start();
        return process;
    }

    private void RelieveLater()
    {
        lock (_lock)
        {
            _relief ??= time.CreateTimer(_ => Relieve(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            if (!_disposed)
                _relief.Change(_relieveAfter, Timeout.InfiniteTimeSpan);
        }
    }

    private void Relieve()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            try
            {
                _standby ??= Start();
            }
            catch (Win32Exception)
            {
                // Then none stands by. The next snapshot starts its own, or says why it cannot.
            }
        }
    }

    private Process? TakeStandby()
    {
        lock (_lock)
        {
            var standby = _standby;
            _standby = null;
            return standby;
        }
    }

    private static void LetGo(Process process)
    {
        process.StandardInput.BaseStream.Dispose();
        process.Dispose();
    }

    private sealed class Watchdog(Process process) : IArmedWatchdog
    {
        public async Task StandDownAsync()
        {
            try
            {
                await process.StandardInput.BaseStream.WriteAsync("thawed\n"u8.ToArray());
            }
            catch (IOException)
            {
                // It has gone: its time was up, or it was killed. The guest is thawed, so it was of no use any more.
            }
        }

        // The end of the pipe is the watchdog's cue, unless it was stood down.
        public ValueTask DisposeAsync()
        {
            LetGo(process);
            return ValueTask.CompletedTask;
        }
    }
}
