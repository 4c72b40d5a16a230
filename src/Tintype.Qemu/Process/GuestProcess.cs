using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tintype.Qemu.GuestAgent;
using Tintype.Qemu.Qmp;

namespace Tintype.Qemu.Process;

/// <summary>
/// A QEMU process, watched to its end:
/// <code>
/// running ─► guest powered off: QEMU paused it and waits ─► quit ─► gone: GuestShutdown
///    ├─────► guest panicked, or QEMU gave it up ──────────► quit ─► gone: Failed
///    ├─────► told to end by us, by quit or by a signal ───────────► gone: Forced
///    └─────► died ────────────────────────────────────────────────► gone: Failed
/// </code>
/// The first state is found by asking as well as by the event, since the guest may have come to it while nobody listened.
/// </summary>
internal sealed partial class GuestProcess : IGuestProcess
{
    private static readonly TimeSpan _quitLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _noRoomPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _unreadablePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _sayAgain = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _trimEvery = TimeSpan.FromSeconds(2);

    private readonly ProcessHandle _process;
    private readonly QmpClient _qmp;
    private readonly GuestAgentClient? _agent;
    private readonly QemuChild? _child;
    private readonly ILogger _log;
    private readonly Func<string, Task> _onEnd;
    private readonly CancellationTokenSource _disposing = new();
    // The source's own Token cannot be asked for once it is disposed, which may be while the end is awaited.
    private readonly CancellationToken _abandoned;
    private readonly Task _logsBounded;
    private long? _stoodStill;
    private volatile bool _killed;
    private bool _disposed;

    /// <param name="child">Null if an earlier server process had started it.</param>
    /// <param name="onEnd">Told the directory when the process has ended, before anybody else hears of it.</param>
    public GuestProcess(string directory, ProcessHandle process, QmpClient qmp, QemuChild? child, ILogger log, Func<string, Task> onEnd)
    {
        _abandoned = _disposing.Token;
        Directory = directory;
        Pid = process.Pid;
        _process = process;
        _qmp = qmp;
        _child = child;
        _log = log;
        _onEnd = onEnd;
        var agentSocket = Path.Combine(directory, GuestFiles.AgentSocket);
        if (File.Exists(agentSocket))
            _agent = new GuestAgentClient(agentSocket);
        Exited = WatchAsync();
        _logsBounded = BoundLogsAsync();
    }

    public int Pid { get; }

    public string Directory { get; }

    public IQmpClient Qmp => _qmp;

    public IGuestAgent? Agent => _agent;

    public Task<GuestExit> Exited { get; }

    public async Task KillAsync(CancellationToken ct)
    {
        if (Exited.IsCompleted)
            return;
        _killed = true;
        try
        {
            await EndAsync();
        }
        catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException && _abandoned.IsCancellationRequested)
        {
            // Whoever watches this guest saw its end before we did, and has disposed of it: what became of it, Exited tells.
        }

        await Exited.WaitAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        await _disposing.CancelAsync();
        await ((Task)Exited).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _logsBounded.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _qmp.DisposeAsync();
        if (_agent is not null)
            await _agent.DisposeAsync();
        _process.Dispose();
        _child?.Dispose();
        _disposing.Dispose();
    }

    // QEMU appends for ever to whatever its guest's serial port sends; it does not begin another file.
    private async Task BoundLogsAsync()
    {
        using var pace = new PeriodicTimer(_trimEvery);
        try
        {
            do
            {
                foreach (var name in (string[])[GuestFiles.ConsoleLog, GuestFiles.QemuLog])
                    EndlessLog.Trim(Path.Combine(Directory, name));
            }
            while (await pace.WaitForNextTickAsync(_abandoned) && !Exited.IsCompleted);
        }
        catch (IOException impossible)
        {
            LogUnbounded(_log, impossible, Pid);
        }
    }

    private async Task<GuestExit> WatchAsync()
    {
        var ct = _abandoned;
        var ending = await WatchChannelAsync(ct);
        if (ending is not null)
            await EndAsync();
        await _process.WaitForEndAsync(ct);
        await _onEnd(Directory);
        var exit = _killed ? new GuestExit(GuestExitKind.Forced, null) : ending ?? new GuestExit(GuestExitKind.Failed, await CauseAsync());
        LogEnded(_log, Pid, exit.Kind, exit.Reason);
        return exit;
    }

    /// <returns>The ending that QEMU told of; null when it died without a word.</returns>
    private async Task<GuestExit?> WatchChannelAsync(CancellationToken ct)
    {
        try
        {
            Task<QmpEvent>? change = null;
            while (true)
            {
                // Subscribed first, asked then: no change can fall between the two.
                change = change is { IsCompleted: false } ? change : _qmp.WaitForAsync(e => e.Name is "SHUTDOWN" or "STOP" or "GUEST_PANICKED", ct);
                var status = Text(await _qmp.ExecuteAsync("query-status", null, ct), "status");
                if (EndingOf(status) is { } state)
                    return state;
                if (status == "io-error" && await ContinueAfterPauseAsync(change, ct))
                    continue;
                if (EndingOf(await change) is { } told)
                    return told;
            }
        }
        catch (IOException)
        {
            // The channel's end is the process's end, or its beginning.
            return null;
        }
        catch (QmpException refused)
        {
            // It does not let itself be watched; its end can still be seen.
            LogUnwatched(_log, refused, Pid);
            return null;
        }
    }

    // QEMU has stopped the guest because the host's disk is full, or because what its disk lies on cannot be read, and does not look again by
    // itself. If it still is so, it stops the guest at once and says so.
    private async Task<bool> ContinueAfterPauseAsync(Task<QmpEvent> change, CancellationToken ct)
    {
        var full = await IsOutOfRoomAsync(ct);
        // While nobody serves a stored layer the guest stands still again and again; that is said once.
        var said = _stoodStill is { } last && Stopwatch.GetElapsedTime(last) < _sayAgain;
        _stoodStill = Stopwatch.GetTimestamp();
        if (full)
            LogNoRoom(_log, Pid);
        else if (!said)
            LogUnreadable(_log, Pid);
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var first = await Task.WhenAny(change, Task.Delay(full ? _noRoomPause : _unreadablePause, pause.Token));
        await pause.CancelAsync();
        if (first == change)
            return false;
        ct.ThrowIfCancellationRequested();
        await _qmp.ExecuteAsync("cont", null, ct);
        return true;
    }

    // [{"device": "", "qdev": "disk0-device", "io-status": "nospace", "inserted": {…}, …}]
    private async Task<bool> IsOutOfRoomAsync(CancellationToken ct) =>
        (await _qmp.ExecuteAsync("query-block", null, ct)).EnumerateArray().Any(device => Text(device, "io-status") == "nospace");

    private static GuestExit? EndingOf(string status) => status switch
    {
        "shutdown" => new GuestExit(GuestExitKind.GuestShutdown, null),
        "guest-panicked" => new GuestExit(GuestExitKind.Failed, "The guest's operating system panicked."),
        "internal-error" => new GuestExit(GuestExitKind.Failed, "QEMU met an error in running the guest's processor and stopped it."),
        _ => null,
    };

    // {"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-shutdown"}}; what other events mean is found by asking.
    private static GuestExit? EndingOf(QmpEvent change) => change.Name == "SHUTDOWN" ? Text(change.Data, "reason") switch
    {
        "guest-shutdown" => new GuestExit(GuestExitKind.GuestShutdown, null),
        "host-qmp-quit" or "host-signal" or "host-ui" => new GuestExit(GuestExitKind.Forced, null),
        "guest-panic" => new GuestExit(GuestExitKind.Failed, "The guest's operating system panicked."),
        var reason => new GuestExit(GuestExitKind.Failed, $"QEMU ended the guest: {reason}."),
    }
    : null;

    // Asked first, so that QEMU completes and closes the disks' files; killed when it does not end by itself.
    private async Task EndAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_abandoned);
        limit.CancelAfter(_quitLimit);
        try
        {
            await QuitAsync(limit.Token);
            await _process.WaitForEndAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!_abandoned.IsCancellationRequested)
        {
            _process.Kill();
        }
    }

    private async Task QuitAsync(CancellationToken ct)
    {
        try
        {
            await _qmp.ExecuteAsync("quit", null, ct);
        }
        catch (IOException)
        {
            // It is ending already.
        }
        catch (QmpException refused)
        {
            // It has its time to end all the same, and is killed then.
            LogUnwatched(_log, refused, Pid);
        }
    }

    private Task<string> CauseAsync() => _child?.CauseAsync()
        ?? Task.FromResult("QEMU ended unexpectedly; its reason is not known, since an earlier server process had started it.");

    private static string Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()! : "";

    [LoggerMessage(2, LogLevel.Warning, "The guest of QEMU process {Pid} stands still: its disk's file cannot grow. It goes on once the host has room again")]
    private static partial void LogNoRoom(ILogger log, int pid);

    [LoggerMessage(5, LogLevel.Warning, "The guest of QEMU process {Pid} stands still: what its disk lies on cannot be read. It goes on once that can be")]
    private static partial void LogUnreadable(ILogger log, int pid);

    [LoggerMessage(3, LogLevel.Warning, "The logs of QEMU process {Pid} are not bounded, and its guest can fill the disk with them")]
    private static partial void LogUnbounded(ILogger log, Exception reason, int pid);

    [LoggerMessage(4, LogLevel.Warning, "QEMU process {Pid} refuses to answer; only its end can be seen")]
    private static partial void LogUnwatched(ILogger log, Exception reason, int pid);

    [LoggerMessage(1, LogLevel.Debug, "QEMU process {Pid} has ended: {Kind} {Reason}")]
    private static partial void LogEnded(ILogger log, int pid, GuestExitKind kind, string? reason);
}
