using Microsoft.Extensions.Logging;
using Tintype.Compute.Servers;
using Tintype.Qemu.GuestAgent;
using Tintype.Qemu.Process;

namespace Tintype.Snapshots.Capture;

/// <summary>Frees a guest of what a snapshot has in it: the freeze, the fleece with its job and nodes, the frozen bitmap.</summary>
internal sealed class InterruptedCapture(IServerCatalog servers, IDiskFleece fleece, ILogger<InterruptedCapture> log)
{
    private static readonly TimeSpan _thawWithin = TimeSpan.FromSeconds(5);

    /// <summary>After a crash, in the middle of it.</summary>
    public async Task ReleaseAsync(SnapshotRecord snapshot, ServerRecord server, CancellationToken ct)
    {
        if (servers.FindGuest(server.Id) is { } guest)
            await ThawAsync(server, guest, ct);
        await LetGoAsync(snapshot, server, isKept: false, ct);
    }

    /// <summary>At a snapshot's end.</summary>
    /// <param name="isKept">Whether there is an image of it: then what has changed since is what the next bitmap notes.</param>
    public async Task LetGoAsync(SnapshotRecord snapshot, ServerRecord server, bool isKept, CancellationToken ct)
    {
        var target = new FleeceTarget(snapshot.ImageId, server.Directory);
        if (servers.FindGuest(server.Id) is { } guest)
        {
            if (isKept && snapshot.Plan?.Bitmaps is { } bitmaps)
                await fleece.EndAsync(target, bitmaps, guest, ct);
            else
                await fleece.AbandonAsync(target, snapshot.Plan?.Bitmaps, guest, ct);
        }

        target.DeleteFiles();
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
