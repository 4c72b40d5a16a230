using Microsoft.Extensions.Logging;
using Tintype.Compute.Servers;
using Tintype.Qemu.GuestAgent;
using Tintype.Qemu.Process;

namespace Tintype.Snapshots.Capture;

/// <summary>Frees a guest of what a killed server left in it: the freeze, the copying job, the target's node.</summary>
internal sealed class InterruptedCapture(IServerCatalog servers, IDiskBackup backup, CapturedFiles files, ILogger<InterruptedCapture> log)
{
    private static readonly TimeSpan _thawWithin = TimeSpan.FromSeconds(5);

    public async Task ReleaseAsync(Guid imageId, ServerRecord server, CancellationToken ct)
    {
        var target = new BackupTarget(imageId, server.Directory);
        if (servers.FindGuest(server.Id) is { } guest)
        {
            await ThawAsync(server, guest, ct);
            await backup.AbandonAsync(target, guest, ct);
        }

        files.Delete(target);
    }

    // The watchdog has done so; but it may have been killed as well.
    private async Task ThawAsync(ServerRecord server, IGuestProcess guest, CancellationToken ct)
    {
        if (guest.Agent is not { } agent)
            return;
        try
        {
            await agent.ThawAsync(_thawWithin, ct);
        }
        catch (GuestAgentException silent)
        {
            // A guest whose agent never ran was not frozen either.
            CaptureLog.ThawUnanswered(log, server.Id, silent.Message);
        }
    }
}
