using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tintype.Platform.Http;
using Tintype.Qemu.GuestAgent;
using Tintype.Qemu.Process;
using Tintype.Snapshots.Preflight;

namespace Tintype.Snapshots.Capture;

/// <summary>
/// Holds a guest's file systems while its point in time is fixed, and not an instant longer.
/// <code>
/// arm the watchdog ─┐
/// ask the agent ────┼─► freeze ──► fix ──► thaw ──► stand the watchdog down
/// prepare ──────────┘     └─────────┴───────▲ whatever fails
/// └ once it is armed the guest is thawed even if this process is killed: the watchdog sees its end and thaws
/// </code>
/// </summary>
internal sealed class FreezeWindow(IThawWatchdog watchdogs, IOptions<CaptureOptions> options, TimeProvider time, ILogger<FreezeWindow> log)
{
    /// <summary>Runs <paramref name="fix"/> with the file systems frozen; without, if that is impossible and not required.</summary>
    /// <param name="prepare">What <paramref name="fix"/> needs to have been done: beside the watchdog's start, which takes as long.</param>
    /// <returns>How long they were frozen; null if <paramref name="fix"/> ran without, or if it cannot be told whether they still were.</returns>
    /// <exception cref="Fault">Freezing is required and was impossible. <paramref name="fix"/> may have run.</exception>
    public async Task<TimeSpan?> RunAsync(Guid serverId, IGuestProcess guest, bool required,
        Func<CancellationToken, Task> prepare, Func<CancellationToken, Task> fix, CancellationToken ct)
    {
        await using var watchdog = await GetReadyAsync(serverId, guest, required, prepare, ct);
        if (watchdog is null)
        {
            await fix(ct);
            return null;
        }

        var agent = guest.Agent!;
        var began = time.GetTimestamp();
        var (frozen, thawed, refusal) = await HoldAsync(agent, fix, ct);
        var held = time.GetElapsedTime(began);
        await watchdog.StandDownAsync();

        if (refusal is not null)
        {
            CaptureLog.NotFrozen(log, serverId, refusal.Message);
            if (required)
                throw Fault.QuiesceFailed(serverId, refusal.Message);
            await fix(ct);
            return null;
        }

        // Somebody else thawed it, the watchdog for one: then writes may have gone on before the point in time.
        if (frozen > 0 && thawed > 0)
            return held;
        CaptureLog.ThawedTooEarly(log, serverId, frozen, thawed);
        return required ? throw Fault.QuiesceFailed(serverId, "its file systems did not stay frozen until the point in time was fixed") : null;
    }

    /// <returns>The watchdog on duty; null if the guest cannot be frozen, and need not be.</returns>
    private async Task<IArmedWatchdog?> GetReadyAsync(Guid serverId, IGuestProcess guest, bool required, Func<CancellationToken, Task> prepare, CancellationToken ct)
    {
        if (guest.Agent is not { } agent)
        {
            if (required)
                throw Fault.QuiesceWithoutChannel(serverId);
            await prepare(ct);
            return null;
        }

        var preparing = prepare(ct);
        var arming = watchdogs.ArmAsync(guest, options.Value.ThawWithin, ct);
        var answering = agent.RespondsAsync(options.Value.AgentAnswersWithin, ct);
        try
        {
            await Task.WhenAll(preparing, arming, answering);
            if (await answering)
                return await arming;
            if (required)
                throw Fault.QuiesceWithSilentAgent(serverId, options.Value.AgentAnswersWithin);
        }
        catch
        {
            await DismissAsync(arming);
            throw;
        }

        await DismissAsync(arming);
        return null;
    }

    // Nothing has been frozen: one that has come to duty goes without a bite.
    private static async Task DismissAsync(Task<IArmedWatchdog> arming)
    {
        if (!arming.IsCompletedSuccessfully)
            return;
        await using var watchdog = await arming;
        await watchdog.StandDownAsync();
    }

    /// <returns>How many file systems were frozen and how many thawed, or why the guest refused to freeze (then <paramref name="fix"/> has not run).</returns>
    private async Task<(int Frozen, int Thawed, GuestAgentException? Refusal)> HoldAsync(
        IGuestAgent agent, Func<CancellationToken, Task> fix, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(options.Value.ThawWithin);
        var frozen = 0;
        var thawed = 0;
        GuestAgentException? refusal = null;
        try
        {
            try
            {
                frozen = await agent.FreezeAsync(options.Value.FreezeWithin, ct);
            }
            catch (GuestAgentException refused)
            {
                refusal = refused;
            }

            if (refusal is null)
                await fix(limit.Token);
        }
        catch (OperationCanceledException late) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException($"QEMU did not fix the point in time within {options.Value.ThawWithin.TotalSeconds:0} s.", late);
        }
        finally
        {
            // Even when freezing was refused: the answer may have come too late, or some file systems may be frozen.
            // Should this fail, the watchdog is not stood down and goes on trying.
            thawed = await agent.ThawAsync(options.Value.ThawWithin, CancellationToken.None);
        }

        return (frozen, thawed, refusal);
    }
}

internal static class FreezeFaults
{
    extension(Fault)
    {
        public static Fault QuiesceFailed(Guid serverId, string reason) => Fault.Conflict(
            $"Failed to quiesce instance: the image of server {serverId} says os_require_quiesce=yes, but {reason}. "
            + "Look after qemu-guest-agent in the guest and try again; or stop the server and take the snapshot then.");
    }
}
