using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Tintype.Images.Chunks.Scrubbing;

/// <summary>Begins a pass over each store when it is due, and goes on with one that was interrupted.</summary>
internal sealed class ScrubWorker(ChunkStores stores, ChunkScrubber scrubber, TimeProvider time, ILogger<ScrubWorker> log) : BackgroundService
{
    private static readonly TimeSpan _beat = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (stores.All.Count == 0)
            return;
        using var timer = new PeriodicTimer(_beat, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await TryScrubAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The next start goes on after the last pack.
        }
    }

    private async Task TryScrubAsync(CancellationToken ct)
    {
        try
        {
            await scrubber.RunAsync(scrubber.IsDue, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // A store that cannot be read at present must not end the server.
        catch (Exception failed)
#pragma warning restore CA1031
        {
            ScrubLog.Failed(log, failed, _beat);
        }
    }
}
