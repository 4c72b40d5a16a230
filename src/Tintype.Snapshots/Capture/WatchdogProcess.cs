using System.Diagnostics;
using System.Globalization;
using Tintype.Qemu.Process;

namespace Tintype.Snapshots.Capture;

/// <summary>Starts <see cref="ThawWatchdog"/> as a child of this process, whose death closes the pipe between them.</summary>
internal sealed class WatchdogProcess : IThawWatchdog
{
    private static readonly TimeSpan _startWithin = TimeSpan.FromSeconds(30);

    public async Task<IArmedWatchdog> ArmAsync(IGuestProcess guest, TimeSpan limit, CancellationToken ct)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(OwnProgram.CommandLine[0], [.. OwnProgram.CommandLine.Skip(1), ThawWatchdog.Command, SocketOf(guest), limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                // Not ours: whoever reads the server's output waits for the end of all that write to it.
                RedirectStandardError = true,
            },
        };
        process.Start();
        var watchdog = new Watchdog(process);
        try
        {
            var word = await process.StandardOutput.ReadLineAsync(ct).AsTask().WaitAsync(_startWithin, ct);
            if (word != ThawWatchdog.Armed)
                throw new IOException($"The watchdog did not start: it said '{word}' instead of '{ThawWatchdog.Armed}'.");
            return watchdog;
        }
        catch
        {
            // Nothing is frozen yet.
            process.Kill();
            await watchdog.DisposeAsync();
            throw;
        }
    }

    internal static string SocketOf(IGuestProcess guest) => Path.Combine(guest.Directory, GuestFiles.AgentSocket);

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
            process.StandardInput.BaseStream.Dispose();
            process.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
