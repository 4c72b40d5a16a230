using System.Globalization;
using System.Runtime.InteropServices;
using Tintype.Qemu.GuestAgent;

namespace Tintype.Snapshots.Capture;

/// <summary>
/// The watchdog itself: a process of its own, started from this same program before a guest is frozen, so that a frozen guest is thawed even if the
/// server is killed, hangs or is stopped in a debugger.
/// <code>
/// start ─► stands by on stdin ─► a line: whom to guard ─► "armed" on stdout ─► waits on stdin ─► a line: thawed, good-bye
///                └─► its end: good-bye                                              ├─────────► its end: the server is gone ─► thaw
///                                                                                   └─────────► time is up ─────────────────► thaw
/// </code>
/// </summary>
public static partial class ThawWatchdog
{
    /// <summary>The first argument. The line on stdin is <c>SECONDS SOCKET</c>, the guest's agent's and how long it may be frozen.</summary>
    public const string Command = "thaw-watchdog";

    internal const string Armed = "armed";

    private static readonly TimeSpan _answerWithin = TimeSpan.FromSeconds(10);

    /// <summary>After this the agent is dead, and with it the guest's only way to thaw.</summary>
    private static readonly TimeSpan _giveUpAfter = TimeSpan.FromMinutes(5);

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
        return told || await ThawAsync(agent) ? 0 : 1;
    }

    private static async Task<bool> ThawAsync(GuestAgentClient agent)
    {
        using var limit = new CancellationTokenSource(_giveUpAfter);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        do
        {
            try
            {
                await agent.ThawAsync(_answerWithin, limit.Token);
                return true;
            }
            catch (GuestAgentException)
            {
                // Another connection is held, or the agent is slow; there is nobody to tell, and nothing better to do than to ask again.
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }
        while (await pace.WaitForNextTickAsync(CancellationToken.None));

        return false;
    }

    [LibraryImport("libc", EntryPoint = "setsid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetSid();
}
