using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tintype.Compute.Hosts;
using Tintype.Compute.Servers;
using Tintype.Platform.Http;
using Tintype.Qemu.Nbd.Sockets;
using Tintype.Qemu.Process;

namespace Tintype.Compute.Guests;

/// <summary>
/// Starts guests and watches them to their end. The database follows the guest: it says ACTIVE once QEMU runs, and SHUTOFF as soon
/// as it has ended, with the reason when nobody asked for it.
/// <code>
/// StartAsync ─► running ─► guest powered off ─► stopped, clean
///                  ├─────► forced off ────────► stopped, crash
///                  └─────► QEMU died ─────────► stopped, crash, with the reason as fault and as an action
/// </code>
/// Disposing leaves every guest running, for the next start of the server to find, and returns when nobody here writes about one any more.
/// </summary>
internal sealed class GuestSupervisor(
    IGuestLauncher launcher, GuestAdmission admission, IGuestHost host, GuestSpecs specs, ServerRepository servers,
    ServerActionRepository actions, IDiskSockets sockets, DiskFill fill, ILogger<GuestSupervisor> log) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Guid, RunningGuest> _running = new();
    private readonly ConcurrentDictionary<Task, Guid> _followed = new();

    public RunningGuest? Find(Guid id) => _running.GetValueOrDefault(id);

    /// <summary>Starts the server's guest; if it runs already, only says so.</summary>
    /// <exception cref="Fault">It cannot run here or now; the sentence says why.</exception>
    public async Task StartAsync(Server server, CancellationToken ct)
    {
        if (_running.ContainsKey(server.Id))
        {
            await servers.MarkRunningAsync(server.Id, ct);
            return;
        }

        if (host.UnavailableBecause is { } why)
            throw Fault.NoValidHost(why);
        var reservation = admission.TryReserve(server.Flavor.Memory, out var free)
            ?? throw Fault.NoValidHost($"The guest needs {server.Flavor.Memory} MiB, {free} MiB are free.");
        GuestSpec spec;
        IGuestProcess process;
        try
        {
            spec = await specs.ForAsync(server, ct);
            process = await launcher.StartAsync(spec, ct);
        }
        catch (GuestStartException refused)
        {
            reservation.Dispose();
            throw new Fault(FaultKind.ServerError, $"QEMU did not start the guest: {refused.Message}", refused);
        }
        catch
        {
            reservation.Dispose();
            throw;
        }

        reservation.Pid = process.Pid;
        // Before the watch begins: a guest that ends at once must be seen as ended after it was seen as running.
        await servers.MarkRunningAsync(server.Id, CancellationToken.None);
        Watch(server, new RunningGuest(process, reservation), spec.Disks[0].Layers);
    }

    /// <summary>Takes up a guest that an earlier server process started.</summary>
    public async Task AdoptAsync(Server server, IGuestProcess process, CancellationToken ct)
    {
        await servers.MarkRunningAsync(server.Id, ct);
        var chain = await ServeAgainAsync(server, process, ct);
        Watch(server, new RunningGuest(process, admission.Acknowledge(server.Flavor.Memory, process.Pid)), chain);
    }

    // The socket has been taken up already, unless what kept it has gone too: then the guest looks for another at the same name.
    private async Task<IReadOnlyList<DiskLayer>> ServeAgainAsync(Server server, IGuestProcess process, CancellationToken ct)
    {
        if (!specs.HasCache(server))
            return [];
        try
        {
            var chain = await specs.ChainAsync(server, ct);
            if (chain.Any(layer => layer.IsStored) && !sockets.IsOffered(process.Directory))
                await sockets.OfferAsync(process.Directory, server.IsolationUid, [.. chain.Where(layer => layer.IsStored).Select(layer => layer.Path)], ct);
            return chain;
        }
        catch (Exception lost) when (lost is Fault or IOException)
        {
            GuestLog.NotServed(log, lost, server.Id);
            return [];
        }
    }

    private void Watch(Server server, RunningGuest guest, IReadOnlyList<DiskLayer> chain)
    {
        _running[server.Id] = guest;
        Follow(server.Id, WatchAsync(server, guest));
        if (chain.Any(layer => layer.IsStored))
            Follow(server.Id, fill.RunAsync(server.Id, guest.Process));
    }

    // Neither of them throws, and each of them ends with its guest or its guest's channel.
    private void Follow(Guid id, Task work)
    {
        _followed[work] = id;
        _ = work.ContinueWith(ended => _followed.TryRemove(ended, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task WatchAsync(Server server, RunningGuest guest)
    {
        GuestExit exit;
        try
        {
            exit = await guest.Process.Exited;
        }
        catch (OperationCanceledException)
        {
            guest.Abandon();
            return;
        }

        // Before the database says "stopped", after which it may be started again.
        _running.TryRemove(KeyValuePair.Create(server.Id, guest));
        guest.Reservation.Dispose();
        try
        {
            await guest.Process.DisposeAsync();
            await RecordAsync(server, guest, exit);
        }
#pragma warning disable CA1031 // Nobody awaits the watch; what fails here must be heard of, and those who wait for the end go on.
        catch (Exception failed)
#pragma warning restore CA1031
        {
            GuestLog.EndNotRecorded(log, failed, server.Id);
        }
        finally
        {
            guest.SetEnded(exit);
        }
    }

    private async Task RecordAsync(Server server, RunningGuest guest, GuestExit exit)
    {
        var clean = exit.Kind == GuestExitKind.GuestShutdown;
        var fault = guest.EndAsked || clean ? null : Explain(exit);
        GuestLog.Ended(log, server.Id, exit.Kind, exit.Reason);
        await servers.MarkStoppedAsync(server.Id, clean ? LastStop.Clean : LastStop.Crash, fault, CancellationToken.None);
        if (!guest.EndAsked)
            await actions.EndAsync(server.Id, "stop", $"req-{Guid.NewGuid()}", server.UserId, fault, CancellationToken.None);
    }

    private static string Explain(GuestExit exit) => exit.Kind == GuestExitKind.Forced
        ? "The guest's QEMU process was ended from outside."
        : $"The guest ended by itself: {exit.Reason ?? "QEMU did not say why."}";

    public async ValueTask DisposeAsync()
    {
        foreach (var guest in _running.Values)
            await guest.Process.DisposeAsync();
        await Task.WhenAll(_followed.Keys);
    }
}
