using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Tintype.Qemu.GuestAgent;

namespace Tintype.Snapshots.Capture;

/// <summary>
/// The watchdog itself: a process of its own, started from this same program before a guest is frozen, so that a frozen guest is thawed even if the
/// server is killed, hangs or is stopped in a debugger.
/// <code>
/// start ─► stands by on stdin ─► a line: whom to guard ─► "armed" on stdout ─► waits on stdin ─► a line: thawed, good-bye
///                └─► its end: good-bye                                              ├─────────► its end: the server is gone ─► thaw
///                                                                                   └─────────► time is up ─────────────────► thaw, until it is done or
///                                                                                                                             the guest has ended
/// </code>
/// </summary>
public static partial class ThawWatchdog
{
    /// <summary>The first argument. The line on stdin is <c>SECONDS SOCKET</c>, the guest's agent's and how long it may be frozen.</summary>
    public const string Command = "thaw-watchdog";

    internal const string Armed = "armed";

    private static readonly TimeSpan _answerWithin = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(100);

    /// <summary>After this the agent is not slow but away, and others who look for it get their turn.</summary>
    private static readonly TimeSpan _eagerFor = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan _patientPace = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync()
    {
        // A session of its own, and deaf: Ctrl-C on the server's terminal or a SIGTERM to its group must not end what guards the guest.
        _ = SetSid();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => signal.Cancel = true);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => signal.Cancel = true);

        // Not Console.In: its asynchronous reads block the caller.
        using var parent = new StreamReader(Console.OpenStandardInput());
        if (parent.ReadLine() is not { } duty)
            return 0;
        if (duty.Split(' ', 2) is not [var limit, var socket] || !double.TryParse(limit, CultureInfo.InvariantCulture, out var seconds))
        {
            await Console.Error.WriteLineAsync($"{Command}: expected 'SECONDS SOCKET', got '{duty}'");
            return 2;
        }

        await using var agent = new GuestAgentClient(socket);
        var word = Task.Run(() => parent.ReadLine());
        await Console.Out.WriteLineAsync(Armed);
        var told = await Task.WhenAny(word, Task.Delay(TimeSpan.FromSeconds(seconds))) == word && await word is not null;
        return told || await ThawAsync(agent, socket) ? 0 : 1;
    }

    // As long as there is a guest: one that stood still for longer than anybody waits freezes when it goes on, for the request has reached it.
    private static async Task<bool> ThawAsync(GuestAgentClient agent, string socket)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await agent.ThawAsync(_answerWithin, CancellationToken.None);
                return true;
            }
            catch (GuestAgentException gone) when (HasEnded(gone, socket))
            {
                return false;
            }
            catch (GuestAgentException)
            {
                // Another connection is held, or the agent is slow; there is nobody to tell, and nothing better to do than to ask again.
            }

            await Task.Delay(Stopwatch.GetElapsedTime(began) < _eagerFor ? _pace : _patientPace);
        }
    }

    // QEMU removes its socket when it ends, and when it is killed nobody listens there.
    private static bool HasEnded(GuestAgentException failure, string socket) =>
        !File.Exists(socket) || failure.InnerException?.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused };

    [LibraryImport("libc", EntryPoint = "setsid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetSid();
}
