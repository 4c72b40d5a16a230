using Microsoft.Extensions.Options;
using Tintype.Compute.Servers;
using Tintype.Platform.Http;
using Tintype.Snapshots.Capture;

namespace Tintype.Snapshots.Preflight;

/// <summary>
/// Looks at a server before a snapshot is made of it: is the guest off, or does its agent answer? Refuses what the image's owner
/// ruled out by <c>os_require_quiesce</c>, while nothing has been made yet.
/// </summary>
internal sealed class SnapshotPreflight(IServerCatalog servers, IOptions<CaptureOptions> options)
{
    /// <exception cref="Fault">Conflict: quiescing is required and impossible; the message says what to do.</exception>
    public async Task<Consistency> CheckAsync(ServerRecord server, CancellationToken ct)
    {
        var found = await LookAsync(server, ct);
        return PreflightRules.Judge(found) switch
        {
            PreflightVerdict.NoAgentChannel => throw Fault.QuiesceWithoutChannel(server.Id),
            PreflightVerdict.AgentSilent => throw Fault.QuiesceWithSilentAgent(server.Id, options.Value.AgentAnswersWithin),
            _ => PreflightRules.Expect(found),
        };
    }

    private async Task<PreflightFindings> LookAsync(ServerRecord server, CancellationToken ct)
    {
        var guest = servers.FindGuest(server.Id);
        if (guest is null && server.State == VmState.Active)
            throw Fault.GuestHasJustEnded(server.Id);
        var agent = guest?.Agent;
        return new PreflightFindings(
            Running: guest is not null,
            server.LastStop,
            AgentChannel: agent is not null,
            AgentAnswers: agent is not null && await agent.RespondsAsync(options.Value.AgentAnswersWithin, ct),
            QuiesceRequired: PreflightRules.IsYes(server.ImageProperties, "os_require_quiesce"));
    }
}

internal static class PreflightFaults
{
    extension(Fault)
    {
        public static Fault QuiesceWithoutChannel(Guid serverId) => Fault.Conflict(
            $"Failed to quiesce instance: the image of server {serverId} says os_require_quiesce=yes, but the guest has no channel to a guest agent, since that "
            + "image lacks hw_qemu_guest_agent=yes. Stop the server and take the snapshot then; or install qemu-guest-agent in the image, set hw_qemu_guest_agent=yes "
            + "on it, and make the server from it anew.");

        public static Fault QuiesceWithSilentAgent(Guid serverId, TimeSpan waited) => Fault.Conflict(
            $"Failed to quiesce instance: the image of server {serverId} says os_require_quiesce=yes, but the guest agent did not answer within {waited.TotalSeconds:0.#} s. "
            + "Install and start qemu-guest-agent in the guest and try again once it has booted; or stop the server and take the snapshot then.");

        public static Fault GuestHasJustEnded(Guid serverId) => Fault.Conflict(
            $"Cannot 'createImage' instance {serverId}: its guest has just ended. Try again once the server is SHUTOFF.");
    }
}
