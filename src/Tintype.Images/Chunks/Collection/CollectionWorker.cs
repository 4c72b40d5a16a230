using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Tintype.Images.Chunks.Collection;

/// <summary>Collects at an interval, and at the start what was interrupted.</summary>
internal sealed class CollectionWorker(
    ChunkStores stores, ChunkCollector collector, IOptions<CollectionOptions> options, TimeProvider time, ILogger<CollectionWorker> log) : BackgroundService
{
    // Of one delay; the timers of the platform end at 49 days.
    private static readonly TimeSpan _longest = TimeSpan.FromDays(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (stores.All.Count == 0)
            return;
        try
        {
            var due = await collector.DueAtAsync(stoppingToken);
            while (true)
            {
                for (var wait = due - time.GetUtcNow(); wait > TimeSpan.Zero; wait = due - time.GetUtcNow())
                    await Task.Delay(wait < _longest ? wait : _longest, time, stoppingToken);
                await TryCollectAsync(stoppingToken);
                due = time.GetUtcNow() + options.Value.Interval;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is under way is resumed by the next start.
        }
    }

    private async Task TryCollectAsync(CancellationToken ct)
    {
        try
        {
            await collector.CollectAsync(dryRun: false, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Garbage that stays a while longer must not end the server.
        catch (Exception failed)
#pragma warning restore CA1031
        {
            CollectionLog.Failed(log, failed, options.Value.Interval);
        }
    }
}
