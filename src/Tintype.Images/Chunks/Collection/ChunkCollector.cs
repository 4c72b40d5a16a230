using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tintype.Images.Chunks.Scrubbing;
using Tintype.Images.Data.Blobs;
using Tintype.Platform;
using Tintype.Storage.Chunks;
using Tintype.Storage.Chunks.Collection;

namespace Tintype.Images.Chunks.Collection;

/// <summary>Collects in the chunk stores, one after the other, one collection at a time, and keeps what came of it.</summary>
internal sealed class ChunkCollector(
    ChunkStores stores, BlobCollector blobs, ChunkCareRepository care, DamageRepair repair, DataDirectory data, IOptions<CollectionOptions> options, TimeProvider time,
    ILogger<ChunkCollector> log) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);

    public async Task CollectAsync(bool dryRun, CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            // A record keeps its chunks: those of blobs that no row names have to go first.
            if (!dryRun)
                await blobs.CollectAsync(sweep: true, ct);
            foreach (var store in stores.All)
                await CollectAsync(store, dryRun, ct);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>When the store is due, which it is at once if a collection was interrupted; it never was collected: after one interval.</summary>
    public async Task<DateTimeOffset> DueAtAsync(CancellationToken ct)
    {
        var due = DateTimeOffset.MaxValue;
        foreach (var store in stores.All)
        {
            var last = await care.FindAsync(store.Name, ChunkCareRepository.Collection, ct);
            var next = (last is null ? time.GetUtcNow() : last.FinishedAt ?? DateTimeOffset.MinValue) is var from && from == DateTimeOffset.MinValue
                ? from : from + options.Value.Interval;
            due = next < due ? next : due;
        }

        return due;
    }

    public void Dispose() => _one.Dispose();

    private async Task CollectAsync(ChunkStore store, bool dryRun, CancellationToken ct)
    {
        var started = time.GetUtcNow();
        var kind = dryRun ? ChunkCareRepository.Trial : ChunkCareRepository.Collection;
        await care.SaveAsync(new ChunkCare(store.Name, kind, started, null, Outcome(new CollectionTally())), ct);
        await using var board = new MarkBoard(Path.Combine(data.Folder("chunk-marks"), $"{store.Name}.db"));
        var collection = new ChunkCollection(store, stores.LedgerOf(store), board, options.Value.Rules, time);
        var tally = dryRun ? await collection.TryOutAsync(ct) : await collection.RunAsync(ct);
        await care.SaveAsync(new ChunkCare(store.Name, kind, started, time.GetUtcNow(), Outcome(tally)), ct);
        if (tally.Problem is { } problem)
            CollectionLog.Hindered(log, store.Name, problem);
        if (dryRun)
            return;
        CollectionLog.Collected(log, store.Name, tally.Removed, tally.RemovedBytes, tally.Condemned, tally.PacksDeleted, tally.PacksRewritten, tally.FreedBytes);
        if (tally.Missing > 0 || tally.Problem is not null)
            await repair.RunAsync(store, ct);
    }

    private static string Outcome(CollectionTally tally) => JsonSerializer.Serialize(tally, CollectionJson.Default.CollectionTally);
}
