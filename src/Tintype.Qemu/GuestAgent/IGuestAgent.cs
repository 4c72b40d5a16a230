namespace Tintype.Qemu.GuestAgent;

/// <summary>
/// The QEMU guest agent inside a guest. Every call first synchronises the channel (0xFF, guest-sync-delimited), since answers
/// to calls that were given up may still be in it. Calls are made one at a time.
/// </summary>
public interface IGuestAgent
{
    /// <summary>Whether the agent answers within <paramref name="timeout"/>.</summary>
    Task<bool> RespondsAsync(TimeSpan timeout, CancellationToken ct);

    /// <summary>Freezes all file systems; returns how many.</summary>
    /// <exception cref="GuestAgentException">The agent refused, or did not answer in time.</exception>
    Task<int> FreezeAsync(TimeSpan timeout, CancellationToken ct);

    /// <summary>Thaws all file systems; returns how many. No error if none is frozen.</summary>
    Task<int> ThawAsync(TimeSpan timeout, CancellationToken ct);

    /// <summary>Asks the guest to power itself off. There is no answer to wait for.</summary>
    Task ShutdownAsync(TimeSpan timeout, CancellationToken ct);

    /// <summary>Asks the guest to reboot itself. There is no answer to wait for.</summary>
    Task RebootAsync(TimeSpan timeout, CancellationToken ct);

    /// <summary>Runs a program in the guest and waits for its end.</summary>
    /// <param name="timeout">Until the program has ended.</param>
    Task<GuestCommandResult> ExecuteAsync(string path, IReadOnlyList<string> arguments, TimeSpan timeout, CancellationToken ct);
}

/// <param name="ExitCode">The program's exit code, or 128 plus the signal that ended it.</param>
public sealed record GuestCommandResult(int ExitCode, string StandardOutput, string StandardError);

/// <summary>The agent refused a command, or did not answer in time.</summary>
public sealed class GuestAgentException(string message, Exception? inner = null) : Exception(message, inner);
