using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tintype.Qemu.Qmp;

/// <summary>QEMU's control channel: commands with their answers in order, and events as they come.</summary>
public interface IQmpClient
{
    /// <summary>Sends one command and returns the <c>return</c> member of its answer.</summary>
    /// <exception cref="QmpException">QEMU answered with an error.</exception>
    /// <exception cref="IOException">The channel is closed: QEMU is gone.</exception>
    Task<JsonElement> ExecuteAsync(string command, JsonObject? arguments, CancellationToken ct);

    /// <summary>
    /// Completes with the next event from now on that satisfies <paramref name="match"/>. Subscribe before sending the command
    /// whose event is awaited. Faults with <see cref="IOException"/> when the channel closes.
    /// </summary>
    Task<QmpEvent> WaitForAsync(Func<QmpEvent, bool> match, CancellationToken ct);
}

public sealed record QmpEvent(string Name, JsonElement Data, DateTimeOffset At);

/// <summary>QEMU's own refusal.</summary>
/// <param name="errorClass">GenericError, DeviceNotFound, CommandNotFound, …</param>
public sealed class QmpException(string command, string errorClass, string description)
    : Exception($"QEMU refused '{command}': {description}")
{
    public string ErrorClass { get; } = errorClass;

    public string Description { get; } = description;
}
