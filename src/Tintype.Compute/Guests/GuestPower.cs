using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Tintype.Compute.Servers;
using Tintype.Qemu.GuestAgent;
using Tintype.Qemu.Qmp;

namespace Tintype.Compute.Guests;

/// <summary>
/// The power button, honestly: a guest is asked to end by its agent, then by ACPI, and only then forced; and it is the guest's own
/// end that decides whether a stop was clean, not what was asked of it.
/// </summary>
internal sealed class GuestPower(GuestSupervisor guests, ServerRepository servers, TimeProvider time, ILogger<GuestPower> log)
{
    private static readonly TimeSpan _agentAnswer = TimeSpan.FromSeconds(5);
    private static readonly string[] _controlAltDelete = ["ctrl", "alt", "delete"];

    /// <summary>Stops the guest; returns once it has ended and the database says so.</summary>
    /// <param name="patience">How long it may take to shut itself down; zero forces it at once.</param>
    /// <returns>False when it had to be forced.</returns>
    public async Task<bool> StopAsync(Server server, TimeSpan patience, CancellationToken ct)
    {
        if (guests.Find(server.Id) is not { } guest)
        {
            // It ended before it could be asked; how is known already.
            await servers.MarkStoppedAsync(server.Id, server.LastStop == LastStop.None ? LastStop.Crash : server.LastStop, null, ct);
            return true;
        }

        guest.EndAsked = true;
        var begun = time.GetTimestamp();
        // Half of the time is the agent's: one that accepted and did nothing must not keep ACPI from its turn.
        if (patience > TimeSpan.Zero && await AskAgentAsync(server.Id, guest, a => a.ShutdownAsync(_agentAnswer, ct), ct)
            && await EndsWithinAsync(guest, patience / 2, ct))
            return true;
        if (patience > time.GetElapsedTime(begun))
        {
            await CommandAsync(guest, "system_powerdown", null, ct);
            if (await EndsWithinAsync(guest, patience - time.GetElapsedTime(begun), ct))
                return true;
        }

        GuestLog.Forced(log, server.Id, patience.TotalSeconds);
        await guest.Process.KillAsync(ct);
        await guest.Ended.WaitAsync(ct);
        return false;
    }

    /// <summary>Lets the guest reboot itself, and resets it when it does not.</summary>
    public async Task RebootAsync(Server server, TimeSpan patience, CancellationToken ct)
    {
        if (guests.Find(server.Id) is not { } guest)
            return;
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var reset = guest.Process.Qmp.WaitForAsync(e => e.Name == "RESET", waiting.Token);
        if (!await AskAgentAsync(server.Id, guest, a => a.RebootAsync(_agentAnswer, ct), ct))
            await CommandAsync(guest, "send-key", ControlAltDelete(), ct);
        var first = await Task.WhenAny(reset, guest.Ended, Task.Delay(patience, time, waiting.Token));
        var rebooted = first == reset && reset.IsCompletedSuccessfully;
        await waiting.CancelAsync();
        await Forget(reset);
        if (rebooted || guest.Ended.IsCompleted)
            return;
        ct.ThrowIfCancellationRequested();
        GuestLog.Reset(log, server.Id, patience.TotalSeconds);
        await ResetAsync(server, ct);
    }

    /// <summary>Presses the reset button.</summary>
    public async Task ResetAsync(Server server, CancellationToken ct)
    {
        if (guests.Find(server.Id) is { } guest)
            await CommandAsync(guest, "system_reset", null, ct);
    }

    private async Task<bool> AskAgentAsync(Guid serverId, RunningGuest guest, Func<IGuestAgent, Task> ask, CancellationToken ct)
    {
        if (guest.Process.Agent is not { } agent)
            return false;
        try
        {
            if (await agent.RespondsAsync(_agentAnswer, ct))
            {
                await ask(agent);
                return true;
            }

            GuestLog.AgentSilent(log, serverId, "no answer");
        }
        catch (Exception silent) when (silent is GuestAgentException or IOException)
        {
            GuestLog.AgentSilent(log, serverId, silent.Message);
        }

        return false;
    }

    private async Task<bool> EndsWithinAsync(RunningGuest guest, TimeSpan limit, CancellationToken ct)
    {
        // The guest's end is what is timed, not how long it takes to write it down.
        if (limit > TimeSpan.Zero && !guest.Process.Exited.IsCompleted)
        {
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ct);
            await Task.WhenAny(guest.Process.Exited, Task.Delay(limit, time, waiting.Token));
            await waiting.CancelAsync();
            ct.ThrowIfCancellationRequested();
        }

        if (!guest.Process.Exited.IsCompleted)
            return false;
        await guest.Ended.WaitAsync(ct);
        return true;
    }

    private static async Task CommandAsync(RunningGuest guest, string command, JsonObject? arguments, CancellationToken ct)
    {
        try
        {
            await guest.Process.Qmp.ExecuteAsync(command, arguments, ct);
        }
        catch (IOException)
        {
            // QEMU is gone: what it was to be told has become pointless, and the watch writes its end down.
            await guest.Ended.WaitAsync(ct);
        }
    }

    private static JsonObject ControlAltDelete() => new()
    {
        ["keys"] = new JsonArray([.. _controlAltDelete.Select(k => (JsonNode)new JsonObject { ["type"] = "qcode", ["data"] = k })]),
    };

    // The event that nobody waits for any more: its cancellation, or the channel's end, is not an error here.
    private static async Task Forget(Task<QmpEvent> reset)
    {
        try
        {
            await reset;
        }
        catch (Exception over) when (over is OperationCanceledException or IOException)
        {
        }
    }
}
