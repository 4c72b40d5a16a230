using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Staging;
using Tintype.Images.Stores;
using Tintype.Storage;

namespace Tintype.Images.Data.Blobs;

/// <summary>
/// Removes what nothing refers to. The row goes first, durably, and the bytes after it, so that a crash in between leaves bytes
/// without a row, never a row without bytes; bytes without a row are found by comparing the store with the database, at start-up and
/// now and then.
/// </summary>
internal sealed class BlobCollector(
    BlobRepository blobs, ImageStores stores, StagedDataRepository staged, StagingArea staging, RunningUploads running, IOptions<ImageDataOptions> options, TimeProvider time,
    ILogger<BlobCollector> log) : BackgroundService, IBlobCollectorSignal
{
    // One waiting signal says as much as ten.
    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Wake() => _signals.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.SweepInterval, time);
        var tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
        var sweep = true;
        while (!stoppingToken.IsCancellationRequested)
        {
            await TryCollectAsync(sweep, stoppingToken);
            var signal = _signals.Reader.WaitToReadAsync(stoppingToken).AsTask();
            sweep = await Task.WhenAny(signal, tick) == tick;
            if (sweep)
                tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
            _signals.Reader.TryRead(out _);
        }
    }

    private async Task TryCollectAsync(bool sweep, CancellationToken ct)
    {
        try
        {
            await CollectAsync(sweep, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // What is not collected now is found at the next start.
        }
#pragma warning disable CA1031 // Garbage that stays a while longer must not end the server.
        catch (Exception failed)
#pragma warning restore CA1031
        {
            DataLog.CollectionFailed(log, failed, options.Value.SweepInterval);
        }
    }

    /// <param name="sweep">Whether to compare the store with the database too, which costs a listing of the store.</param>
    internal async Task CollectAsync(bool sweep, CancellationToken ct)
    {
        await RemoveRootlessAsync(ct);
        if (!sweep)
            return;
        foreach (var store in stores.All)
            await SweepAsync(store.Blobs, () => blobs.ListIdsAsync(store.Name, ct), ct);
        await SweepAsync(staging.Blobs, () => staged.ListIdsAsync(ct), ct);
    }

    private async Task RemoveRootlessAsync(CancellationToken ct)
    {
        // Again, since a blob may have held another: the disk with its content.
        while (await blobs.RemoveRootlessAsync(ct) is { Count: > 0 } copies)
        {
            foreach (var copy in copies)
            {
                await stores.DeleteAsync(copy, ct);
                DataLog.Collected(log, copy.BlobId, copy.Store);
            }
        }

        foreach (var id in await staged.RemoveRootlessAsync(ct))
        {
            await staging.Blobs.DeleteAsync(id, ct);
            DataLog.Collected(log, id, staging.Blobs.Name);
        }
    }

    /// <summary>
    /// The order decides: an upload that is not among the running ones after the listing has either committed its row before the rows
    /// are read, or has failed. What was listed as unfinished may be a blob by then, so that the row alone counts.
    /// </summary>
    private async Task SweepAsync(IBlobStore store, Func<Task<IReadOnlySet<Guid>>> listNamed, CancellationToken ct)
    {
        var found = new List<StoredBlob>();
        await foreach (var blob in store.ListAsync(ct))
            found.Add(blob);
        var uploading = running.Snapshot();
        var named = await listNamed();
        foreach (var blob in found.Where(b => !uploading.Contains(b.Id) && !named.Contains(b.Id)))
        {
            await store.DeleteAsync(blob.Id, ct);
            DataLog.OrphanRemoved(log, blob.Length, store.Name, blob.Id);
        }
    }
}
