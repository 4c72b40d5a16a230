using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tintype.Images.Records;

namespace Tintype.Images.Caching;

/// <summary>Fetches what is queued, writes down the hits, and sweeps.</summary>
internal sealed class CacheWorker(
    ImageCache cache, CacheRepository cached, IImageCatalog images, IOptions<CacheOptions> options, TimeProvider time, ILogger<CacheWorker> log) : BackgroundService
{
    private static readonly TimeSpan _beat = TimeSpan.FromSeconds(1);

    private readonly Dictionary<Guid, DateTimeOffset> _failed = [];

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the first request: what is unfinished now, nobody is writing.
        if (cache.IsOn)
            await cache.CleanAsync(atStart: true, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (cache.IsOn)
            await cache.CountHitsAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!cache.IsOn)
            return;
        using var timer = new PeriodicTimer(_beat, time);
        var swept = time.GetUtcNow();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await cache.CountHitsAsync(stoppingToken);
                await FetchAsync(stoppingToken);
                if (time.GetUtcNow() - swept < options.Value.SweepInterval)
                    continue;
                swept = time.GetUtcNow();
                await cache.CleanAsync(atStart: false, stoppingToken);
                await cache.PruneAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // A cache out of order must not end the server.
            catch (Exception failed)
#pragma warning restore CA1031
            {
                CacheLog.WorkFailed(log, failed, _beat);
            }
        }
    }

    private async Task FetchAsync(CancellationToken ct)
    {
        foreach (var (imageId, queuedAt) in await cached.ListQueueAsync(ct))
        {
            var now = time.GetUtcNow();
            if (now - queuedAt < options.Value.QueueDelay || cache.IsFilling(imageId)
                || (_failed.TryGetValue(imageId, out var at) && now - at < options.Value.SweepInterval))
                continue;
            try
            {
                // One that has been deleted, or is larger than the whole cache, has nothing to wait for.
                if (await images.FindAsync(imageId, ct) is { Status: ImageStatus.Active, BlobId: not null, Size: { } size } image && size <= options.Value.MaximumBytes)
                    await cache.FillAsync(image, ct);
                else
                    await cached.DequeueAsync(imageId, ct);
                _failed.Remove(imageId);
            }
            catch (IOException failed)
            {
                _failed[imageId] = now;
                CacheLog.NotFetched(log, failed, imageId, options.Value.SweepInterval);
            }
        }
    }
}
