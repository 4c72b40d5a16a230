using Microsoft.Extensions.Logging;
using Tintype.Platform.Database;
using Tintype.Storage.Chunks;
using Tintype.Storage.Chunks.Packs;

namespace Tintype.Images.Chunks;

/// <summary>
/// A session's row, renewed while the session lives: that of a killed server expires. What ends it is decided in the database, so that
/// one that was taken for dead hears of it before anything that it wrote counts.
/// </summary>
internal sealed class ChunkLease : IChunkLease
{
    /// <summary>How long a session may be silent. What it holds back is garbage of some minutes.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly long _id;
    private readonly string _store;
    private readonly ChunkIndexRepository _index;
    private readonly MetadataDatabase _database;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _over = new();
    private readonly Task _renewal;
    private bool _ended;

    public ChunkLease(long id, string store, ChunkIndexRepository index, MetadataDatabase database, TimeProvider time, ILogger log)
    {
        _id = id;
        _store = store;
        _index = index;
        _database = database;
        _time = time;
        _log = log;
        _renewal = RenewAsync();
    }

    public static long ExpiryFrom(TimeProvider time) => (time.GetUtcNow() + Patience).ToMicroseconds();

    public async Task<Guid> BeginPackAsync(CancellationToken ct)
    {
        var pack = Guid.NewGuid();
        await _database.WriteAsync(async scope =>
        {
            await CheckAsync(scope);
            await scope.ExecuteAsync("INSERT INTO chunk_packs (store, pack, length, created_at, session) VALUES (@store, @pack, 0, @now, @id)",
                new { store = _store, pack = pack.ToString(), now = _time.GetUtcNow().ToMicroseconds(), id = _id });
        }, ct);
        return pack;
    }

    public Task AddAsync(Guid pack, long length, IReadOnlyList<PackEntry> entries, CancellationToken ct) =>
        _index.AddAsync(pack, length, entries, CheckAsync, ct);

    public async Task EndAsync(CancellationToken ct)
    {
        if (await CloseAsync(ct) == 0)
            throw new ChunkLeaseLostException(_store);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_ended)
                await CloseAsync(CancellationToken.None);
        }
#pragma warning disable CA1031 // What was thrown before matters more; the row expires by itself.
        catch (Exception failed)
#pragma warning restore CA1031
        {
            ChunksLog.LeaseNotEnded(_log, failed, _store, Patience);
        }

        await _over.CancelAsync();
        await _renewal;
        _over.Dispose();
    }

    private async Task<int> CloseAsync(CancellationToken ct)
    {
        var closed = await _database.WriteAsync(scope => scope.ExecuteAsync("UPDATE chunk_sessions SET ended = 1 WHERE id = @id AND ended = 0", new { id = _id }), ct);
        _ended = true;
        return closed;
    }

    /// <exception cref="ChunkLeaseLostException">The collector has taken this session for dead.</exception>
    private async Task CheckAsync(WriteScope scope)
    {
        if (await RenewAsync(scope) == 0)
            throw new ChunkLeaseLostException(_store);
    }

    private Task<int> RenewAsync(WriteScope scope) => scope.ExecuteAsync(
        "UPDATE chunk_sessions SET expires_at = @expires WHERE id = @id AND ended = 0", new { id = _id, expires = ExpiryFrom(_time) });

    private async Task RenewAsync()
    {
        using var timer = new PeriodicTimer(Patience / 5, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_over.Token))
                await TryRenewAsync();
        }
        catch (OperationCanceledException)
        {
            // The session is over.
        }
    }

    private async Task TryRenewAsync()
    {
        try
        {
            await _database.WriteAsync(RenewAsync, _over.Token);
        }
        catch (OperationCanceledException)
        {
            throw;
        }
#pragma warning disable CA1031 // It is tried again, several times before the lease is over; and whether it is, is asked at each step.
        catch (Exception failed)
#pragma warning restore CA1031
        {
            ChunksLog.LeaseNotRenewed(_log, failed, _store, Patience / 5);
        }
    }
}
