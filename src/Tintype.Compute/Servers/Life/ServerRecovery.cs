using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tintype.Compute.Guests;
using Tintype.Platform.Tasks;
using Tintype.Qemu.Nbd.Sockets;
using Tintype.Qemu.Process;

namespace Tintype.Compute.Servers.Life;

/// <summary>
/// At start, before any task runs and before the first request: running guests are found again, those that ended meanwhile are
/// seen as such, what no operation holds any more is free, and what belongs to no server is removed.
/// On shutdown guests go on.
/// </summary>
internal sealed class ServerRecovery(
    ServerRepository servers, IGuestLauncher launcher, GuestDirectories directories, GuestSupervisor guests, IDiskSockets sockets, TaskQueue tasks,
    ILogger<ServerRecovery> log) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // First of all: guests that read from a store are waiting.
        await sockets.ResumeAsync(cancellationToken);
        var known = await servers.ListAsync(null, cancellationToken);
        foreach (var server in known)
        {
            await FreeAsync(server, cancellationToken);
            await FindGuestAsync(server, cancellationToken);
        }

        foreach (var orphan in directories.List().Except(known.Select(s => s.Id)))
        {
            await EndStrayAsync(orphan, cancellationToken);
            directories.Remove(orphan);
            GuestLog.OrphanRemoved(log, orphan);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await guests.DisposeAsync();

    // An operation whose task does not exist ended without saying so: a crash between two transactions.
    private async Task FreeAsync(Server server, CancellationToken ct)
    {
        if (server.TaskState is not { } state)
            return;
        var pending = await tasks.ListAboutAsync(server.Id, ct);
        if (pending.Any(t => t.State is TaskState.Pending or TaskState.Running))
            return;
        await servers.SetTaskStateAsync(server.Id, null, ct);
        GuestLog.Freed(log, server.Id, state);
    }

    private async Task FindGuestAsync(Server server, CancellationToken ct)
    {
        if (server.State == VmState.Building || server.TaskState == TaskStates.Deleting)
        {
            // The task that goes on with it deals with a guest that is there.
            return;
        }

        if (await launcher.AttachAsync(directories.Of(server.Id), ct) is { } process)
        {
            GuestLog.Found(log, server.Id, process.Pid);
            await guests.AdoptAsync(server, process, ct);
        }
        else if (server.State == VmState.Active)
        {
            GuestLog.Lost(log, server.Id);
            var asked = server.TaskState is TaskStates.PoweringOff or TaskStates.Rebooting or TaskStates.RebootingHard;
            await servers.MarkStoppedAsync(server.Id, LastStop.Crash,
                asked ? null : "The guest ended while Tintype was not running, so that it is not known why.", ct);
        }
    }

    private async Task EndStrayAsync(Guid id, CancellationToken ct)
    {
        if (await launcher.AttachAsync(directories.Of(id), ct) is { } stray)
        {
            await stray.KillAsync(ct);
            await stray.DisposeAsync();
        }
    }
}
