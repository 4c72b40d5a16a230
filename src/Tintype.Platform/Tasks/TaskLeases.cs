using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Tintype.Platform.Tasks;

/// <summary>
/// Sees to it that nothing stays in a transient state while servers live. In each round this process
/// <list type="number">
/// <item>renews the leases of what it runs, and writes down how far that is;</item>
/// <item>passes on cancellations that came in elsewhere;</item>
/// <item>takes up what is pending and forgotten;</item>
/// <item>recovers what runs in a process that is dead, or has ended here without anybody having been able to write that down.</item>
/// </list>
/// A lease is a count that its holder raises. It has expired when it was seen unchanged in <see cref="Patience"/> rounds of this process,
/// one after the other. No time of day is compared with another, so a clock may be set to whatever; and a host that slept makes no rounds
/// meanwhile, so it does not wake up to find everybody dead.
/// </summary>
internal sealed class TaskLeases(TaskQueue queue, TaskRepository tasks, InterruptedTasks interrupted, TimeProvider time, ILogger<TaskLeases> log) : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    internal const int Patience = 6;

    private readonly Dictionary<Guid, (TaskLease Lease, int Seen)> _unchanged = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var rounds = new PeriodicTimer(Interval, time);
        try
        {
            while (await rounds.WaitForNextTickAsync(stoppingToken))
                await TryRoundAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Shutting down. The next start needs no leases.
        }
    }

    internal async Task RoundAsync(CancellationToken ct)
    {
        await RenewAsync(ct);
        var leases = await tasks.ListLeasesAsync(ct);
        foreach (var lease in leases)
        {
            if (lease.IsToBeCancelled)
                await queue.Running.CancelAsync(lease.Id);
            if (queue.Running.Has(lease.Id))
                _unchanged.Remove(lease.Id);
            else if (lease.State == TaskState.Pending)
                queue.Wake(lease.Id);
            else if (HasExpired(lease))
                await TryRecoverAsync(lease, ct);
        }

        foreach (var ended in _unchanged.Keys.Except(leases.Select(lease => lease.Id)).ToList())
            _unchanged.Remove(ended);
    }

    private async Task TryRoundAsync(CancellationToken ct)
    {
        try
        {
            await RoundAsync(ct);
        }
#pragma warning disable CA1031 // A database that is full or busy now may not be so in the next round.
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            TaskLog.RoundFailed(log, failure);
        }
    }

    private async Task RenewAsync(CancellationToken ct)
    {
        var running = queue.Running.Begun();
        if (running.Count == 0)
            return;
        var lost = await tasks.RenewAsync([.. running.Select(task => (task.Id, task.Meter.Read()))], ct);
        foreach (var task in running.Where(task => lost.Contains(task.Id) && queue.Running.Has(task.Id)))
        {
            // It has ended a moment ago, or another process thought this one dead, and must not meet it at the same work.
            if (await tasks.FindAsync(task.Id, ct) is not { HasEnded: true })
            {
                TaskLog.LeaseLost(log, task.Id);
                await task.StopAsync(TaskStop.Lost);
            }
        }
    }

    private bool HasExpired(TaskLease lease)
    {
        var seen = _unchanged.TryGetValue(lease.Id, out var before) && before.Lease.Runner == lease.Runner && before.Lease.Count == lease.Count ? before.Seen + 1 : 1;
        _unchanged[lease.Id] = (lease, seen);
        return seen >= Patience;
    }

    private async Task TryRecoverAsync(TaskLease lease, CancellationToken ct)
    {
        try
        {
            if (await tasks.ClaimAsync(lease, ct) is not { } task)
                return;
            TaskLog.LeaseExpired(log, task.Id);
            if (await interrupted.RecoverAsync(task, ct))
                queue.Wake(task.Id);
        }
#pragma warning disable CA1031 // Other tasks are recovered all the same, and this one when its lease, now this process's, has expired again.
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            TaskLog.RecoveryFailed(log, failure, lease.Id);
        }
    }
}
