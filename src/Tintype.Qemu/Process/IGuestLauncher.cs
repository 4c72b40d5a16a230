using Tintype.Qemu.GuestAgent;
using Tintype.Qemu.Qmp;

namespace Tintype.Qemu.Process;

/// <summary>Starts guests, and finds again those that an earlier server process started: QEMU survives a restart.</summary>
public interface IGuestLauncher
{
    /// <summary>
    /// Starts QEMU for <paramref name="spec"/> and returns once its machine runs and QMP answers.
    /// </summary>
    /// <exception cref="GuestStartException">QEMU refused; the message is its own words.</exception>
    Task<IGuestProcess> StartAsync(GuestSpec spec, CancellationToken ct);

    /// <summary>
    /// The guest whose QEMU still runs in <paramref name="directory"/> (told by pid and start time, never by pid alone), or null.
    /// </summary>
    Task<IGuestProcess?> AttachAsync(string directory, CancellationToken ct);
}

/// <summary>A running QEMU process and the two channels to it.</summary>
public interface IGuestProcess : IAsyncDisposable
{
    int Pid { get; }

    string Directory { get; }

    IQmpClient Qmp { get; }

    /// <summary>The guest agent's channel; null when the guest was started without one.</summary>
    IGuestAgent? Agent { get; }

    /// <summary>
    /// Completes when the guest has come to its end: it shut itself down, QEMU was told to quit, or QEMU died. After it, the
    /// process is gone. Faults never; disposing this object (which leaves QEMU running) cancels it.
    /// </summary>
    Task<GuestExit> Exited { get; }

    /// <summary>Ends QEMU at once, as pulling the plug does, and waits until it is gone.</summary>
    Task KillAsync(CancellationToken ct);
}

public enum GuestExitKind
{
    /// <summary>The guest's own operating system powered off.</summary>
    GuestShutdown,

    /// <summary>QEMU was ended from outside: quit, SIGTERM, SIGKILL by us.</summary>
    Forced,

    /// <summary>QEMU died or stopped the guest for a reason of its own.</summary>
    Failed,
}

/// <param name="Reason">For <see cref="GuestExitKind.Failed"/>: what is known, a sentence.</param>
public sealed record GuestExit(GuestExitKind Kind, string? Reason);

/// <summary>QEMU did not start; the message is what it said.</summary>
public sealed class GuestStartException(string message, Exception? inner = null) : Exception(message, inner);
