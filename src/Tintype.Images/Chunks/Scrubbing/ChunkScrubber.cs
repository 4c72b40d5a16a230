using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tintype.Storage.Chunks;
using Tintype.Storage.Chunks.Collection;
using Tintype.Storage.Chunks.Scrubbing;

namespace Tintype.Images.Chunks.Scrubbing;

/// <summary>How far a pass has come.</summary>
/// <param name="Position">The number of the last pack that has been read.</param>
internal sealed record ScrubProgress(long Position, long ReadBytes, long TotalBytes, long Chunks, long Damaged)
{
    public string ToJson() => JsonSerializer.Serialize(this, ScrubJson.Default.ScrubProgress);

    public static ScrubProgress Of(ChunkCare? care) => care is null ? new ScrubProgress(0, 0, 0, 0, 0) : JsonSerializer.Deserialize(care.Outcome, ScrubJson.Default.ScrubProgress)!;
}

/// <summary>
/// Reads all chunks of the stores again, at a set pace, pack by pack; a pass goes on where the last start of the server has ended it.
/// Where something is damaged, the images that it hurts are named and healed as soon as a pack comes that is whole, or the pass ends.
/// </summary>
internal sealed class ChunkScrubber(
    ChunkStores stores, ChunkCareRepository care, DamageRepository damages, DamageRepair repair, IOptions<ScrubOptions> options, TimeProvider time,
    ILogger<ChunkScrubber> log) : IDisposable
{
    private const int AtOnce = 64;

    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Reads every store through once, or what is left of a pass that was interrupted.</summary>
    /// <param name="due">Which stores: all that it says yes to.</param>
    public async Task RunAsync(Func<ChunkCare?, bool> due, CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            foreach (var store in stores.All)
            {
                if (await care.FindAsync(store.Name, ChunkCareRepository.Scrub, ct) is var last && due(last))
                    await RunAsync(store, last, ct);
            }
        }
        finally
        {
            _one.Release();
        }
    }

    public bool IsDue(ChunkCare? last) => last?.FinishedAt is not { } finished || time.GetUtcNow() - finished >= options.Value.Interval;

    public void Dispose() => _one.Dispose();

    private async Task RunAsync(ChunkStore store, ChunkCare? last, CancellationToken ct)
    {
        var ledger = stores.LedgerOf(store);
        var pass = last is { FinishedAt: null } ? last : await BeginAsync(store, ledger, ct);
        var progress = ScrubProgress.Of(pass);
        var pace = new ReadingPace(options.Value.BytesPerSecond, time);
        using var check = new PackCheck(store, ledger);
        var found = false;
        while (await ledger.ListPacksAsync(progress.Position, AtOnce, ct) is { Count: > 0 } packs)
        {
            foreach (var pack in packs)
            {
                var (chunks, damaged) = pack.IsBeingWritten ? (0, 0) : await check.RunAsync(pack.Pack, pace.WaitAsync, ct);
                progress = progress with
                {
                    Position = pack.Number, ReadBytes = progress.ReadBytes + pack.Stored, Chunks = progress.Chunks + chunks, Damaged = progress.Damaged + damaged,
                };
                // Several in a row are looked for in the images together.
                if (found && damaged == 0)
                    await repair.RunAsync(store, ct);
                found = damaged > 0;
                await care.SaveAsync(pass with { Outcome = progress.ToJson() }, ct);
            }
        }

        // In any case: what could not be healed before may have another copy by now.
        await repair.RunAsync(store, ct);
        await care.SaveAsync(pass with { Outcome = progress.ToJson(), FinishedAt = time.GetUtcNow() }, ct);
        ScrubLog.PassEnded(log, store.Name, progress.Chunks, progress.Damaged);
    }

    private async Task<ChunkCare> BeginAsync(ChunkStore store, IChunkLedger ledger, CancellationToken ct)
    {
        await damages.ForgetHealedAsync(store.Name, ct);
        var total = 0L;
        for (var after = 0L; await ledger.ListPacksAsync(after, AtOnce, ct) is { Count: > 0 } packs; after = packs[^1].Number)
            total += packs.Sum(pack => pack.Stored);
        var pass = new ChunkCare(store.Name, ChunkCareRepository.Scrub, time.GetUtcNow(), null, (ScrubProgress.Of(null) with { TotalBytes = total }).ToJson());
        await care.SaveAsync(pass, ct);
        return pass;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ScrubProgress))]
internal sealed partial class ScrubJson : JsonSerializerContext;
