using Dapper;
using Tintype.Platform.Database;
using Tintype.Storage.Chunks;
using Tintype.Storage.Chunks.Collection;
using Tintype.Storage.Chunks.Packs;

namespace Tintype.Images.Chunks;

/// <summary>One store's index, for the collector and the scrub.</summary>
internal sealed class ChunkLedgerRepository(MetadataDatabase database, string store, TimeProvider time) : IChunkLedger
{
    private const string Barrier = "COALESCE((SELECT min(mark) FROM chunk_sessions WHERE store = @store AND ended = 0 AND expires_at >= @now)";

    public Task<Mark?> FindMarkAsync(CancellationToken ct) => database.ReadAsync(db => db.QuerySingleOrDefaultAsync<Mark?>(
        "SELECT number AS Number, barrier AS Barrier FROM chunk_marks WHERE store = @store AND running = 1", new { store }), ct);

    public Task<Mark> BeginMarkAsync(CancellationToken ct) => database.WriteAsync(async scope =>
    {
        // What has ended before now has left a record for this mark to find.
        await scope.ExecuteAsync("DELETE FROM chunk_sessions WHERE store = @store AND (ended = 1 OR expires_at < @now)", new { store, now = Now });
        return (await scope.QueryAsync<Mark>($"""
            INSERT INTO chunk_marks (store, number, barrier, running) VALUES (@store, 1, {Barrier}, 1), 1)
            ON CONFLICT (store) DO UPDATE SET number = number + 1, barrier = {Barrier}, number + 1), running = 1
            RETURNING number AS Number, barrier AS Barrier
            """, new { store, now = Now }))[0];
    }, ct);

    public Task<Mark> PeekMarkAsync(CancellationToken ct) => database.ReadAsync(db => db.QuerySingleAsync<Mark>($"""
        SELECT 0 AS Number, {Barrier}, COALESCE((SELECT number FROM chunk_marks WHERE store = @store), 0) + 1) AS Barrier
        """, new { store, now = Now }), ct);

    public Task EndMarkAsync(Mark mark, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync(
        "UPDATE chunk_marks SET running = 0 WHERE store = @store AND number = @Number", new { store, mark.Number }), ct);

    public Task<IReadOnlyList<ChunkHash>> ListBasesAsync(CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<ChunkHash>)[.. (await db.QueryAsync<byte[]>(
            "SELECT DISTINCT basis FROM chunk_sessions WHERE store = @store AND basis IS NOT NULL", new { store })).Select(hash => new ChunkHash(hash))], ct);

    public Task<IReadOnlyList<ListedChunk>> ListChunksAsync(ChunkHash? after, int count, CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<ListedChunk>)[.. (await db.QueryAsync<ListedRow>("""
            SELECT hash AS Hash, stored_length AS StoredLength, condemned AS Condemned, condemned_at AS CondemnedAt FROM chunks
            WHERE hash > @after AND store = @store ORDER BY hash LIMIT @count
            """, new { store, after = after?.ToBytes() ?? [], count })).Select(row => row.ToChunk())], ct);

    public Task ApplyAsync(Judgement judgement, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        foreach (var names in judgement.Pardoned.InPieces())
            await scope.ExecuteAsync("UPDATE chunks SET condemned = NULL, condemned_at = NULL WHERE store = @store AND hash IN @names", new { store, names });
        foreach (var names in judgement.Condemned.InPieces())
        {
            await scope.ExecuteAsync("UPDATE chunks SET condemned = @Mark, condemned_at = @now WHERE store = @store AND hash IN @names AND condemned IS NULL",
                new { store, names, judgement.Mark, now = Now });
        }

        // One that was stored again in the meantime is not condemned any more.
        await scope.ExecuteAsync("DELETE FROM chunks WHERE hash = @Hash AND store = @store AND condemned = @Condemned",
            judgement.Removed.Select(chunk => new { Hash = chunk.Hash.ToBytes(), store, chunk.Condemned }));
        if (judgement.Removed.Count > 0)
        {
            await scope.ExecuteAsync("""
                DELETE FROM chunk_damages WHERE store = @store AND hash = @Hash AND NOT EXISTS (SELECT 1 FROM chunks c WHERE c.hash = @Hash AND c.store = @store)
                """, await DamagedAsync(scope, judgement.Removed));
        }
    }, ct);

    public Task<IReadOnlyList<ListedPack>> ListPacksAsync(long after, int count, CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<ListedPack>)[.. (await db.QueryAsync<PackRow>("""
            SELECT p.id AS Id, p.pack AS Pack, p.length AS Length, count(c.stored_length) AS Chunks, COALESCE(sum(c.stored_length), 0) AS Stored,
                EXISTS (SELECT 1 FROM chunk_sessions s WHERE s.id = p.session AND s.ended = 0) AS IsBeingWritten
            FROM (SELECT * FROM chunk_packs WHERE store = @store AND id > @after ORDER BY id LIMIT @count) p LEFT JOIN chunks c ON c.pack_id = p.id
            GROUP BY p.id ORDER BY p.id
            """, new { store, after, count })).Select(row => row.ToPack())], ct);

    public Task<IReadOnlySet<Guid>> FindPacksAsync(IReadOnlyCollection<Guid> packs, CancellationToken ct) => database.ReadAsync(async db =>
    {
        var found = new HashSet<Guid>();
        foreach (var ids in packs.Select(pack => pack.ToString()).Chunk(ChunkRows.NamesAtOnce))
            found.UnionWith((await db.QueryAsync<string>("SELECT pack FROM chunk_packs WHERE store = @store AND pack IN @ids", new { store, ids })).Select(Guid.Parse));
        return (IReadOnlySet<Guid>)found;
    }, ct);

    public Task<IReadOnlyList<PackEntry>> ListEntriesAsync(Guid pack, CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<PackEntry>)[.. (await db.QueryAsync<ChunkRow>($"""
            SELECT {ChunkRow.Columns} FROM chunk_packs p JOIN chunks c ON c.pack_id = p.id WHERE p.store = @store AND p.pack = @pack ORDER BY c.pack_offset
            """, new { store, pack = pack.ToString() })).Select(row => row.ToEntry())], ct);

    public async Task MoveAsync(Guid pack, long length, IReadOnlyList<MovedChunk> chunks, CancellationToken ct)
    {
        for (var done = 0; done < chunks.Count; done += ChunkRows.RowsAtOnce)
        {
            var some = chunks.Skip(done).Take(ChunkRows.RowsAtOnce).ToList();
            var whole = done + some.Count == chunks.Count;
            await database.WriteAsync(async scope =>
            {
                var id = await scope.SingleOrDefaultAsync<long?>("""
                    UPDATE chunk_packs SET length = @length, session = CASE WHEN @whole THEN NULL ELSE session END WHERE store = @store AND pack = @pack RETURNING id
                    """, new { store, pack = pack.ToString(), length, whole }) ?? throw new ChunkLeaseLostException(store);
                await scope.ExecuteAsync("""
                    UPDATE chunks SET pack_id = @id, pack_offset = @Offset
                    WHERE hash = @Hash AND store = @store AND pack_id = (SELECT p.id FROM chunk_packs p WHERE p.store = @store AND p.pack = @From)
                    """, some.Select(c => new { id, store, c.Entry.Offset, Hash = c.Entry.Hash.ToBytes(), From = c.From.ToString() }));
            }, ct);
        }
    }

    public async Task<bool> TryRemovePackAsync(Guid pack, CancellationToken ct) => await database.WriteAsync(scope => scope.ExecuteAsync("""
        DELETE FROM chunk_packs WHERE store = @store AND pack = @pack
          AND NOT EXISTS (SELECT 1 FROM chunks c WHERE c.pack_id = chunk_packs.id)
          AND NOT EXISTS (SELECT 1 FROM chunk_sessions s WHERE s.id = chunk_packs.session AND s.ended = 0)
        """, new { store, pack = pack.ToString() }), ct) == 1;

    public async Task<bool> ReportAsync(ChunkHash chunk, Guid? pack, string reason, CancellationToken ct) => await database.WriteAsync(scope => scope.ExecuteAsync("""
        INSERT INTO chunk_damages (hash, store, reason, found_at)
        SELECT @hash, @store, @reason, @now WHERE @pack IS (SELECT p.pack FROM chunks c JOIN chunk_packs p ON p.id = c.pack_id WHERE c.hash = @hash AND c.store = @store)
        ON CONFLICT (hash, store) DO UPDATE SET reason = @reason, found_at = CASE WHEN healed_at IS NULL THEN found_at ELSE @now END, healed_at = NULL
        """, new { hash = chunk.ToBytes(), store, reason, now = Now, pack = pack?.ToString() }), ct) == 1;

    public Task<int> ReportPackAsync(Guid pack, string reason, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync("""
        INSERT INTO chunk_damages (hash, store, reason, found_at)
        SELECT c.hash, c.store, @reason, @now FROM chunk_packs p JOIN chunks c ON c.pack_id = p.id WHERE p.store = @store AND p.pack = @pack
        ON CONFLICT (hash, store) DO UPDATE SET reason = @reason, found_at = CASE WHEN healed_at IS NULL THEN found_at ELSE @now END, healed_at = NULL
        """, new { store, reason, now = Now, pack = pack.ToString() }), ct);

    public async Task ConfirmAsync(IReadOnlyCollection<ChunkHash> chunks, CancellationToken ct)
    {
        var damaged = await FindDamagedAsync(chunks, ct);
        if (damaged.Count == 0)
            return;
        await database.WriteAsync(scope => scope.ExecuteAsync("UPDATE chunk_damages SET healed_at = @Now WHERE hash = @Hash AND store = @store AND healed_at IS NULL",
            damaged.Select(chunk => new { Now, Hash = chunk.ToBytes(), store })), ct);
    }

    public Task<IReadOnlySet<ChunkHash>> FindDamagedAsync(IReadOnlyCollection<ChunkHash> chunks, CancellationToken ct) => database.ReadAsync(async db =>
    {
        var damaged = new HashSet<ChunkHash>();
        // There hardly ever is one.
        if (!await db.ExecuteScalarAsync<bool>("SELECT EXISTS (SELECT 1 FROM chunk_damages WHERE store = @store AND healed_at IS NULL)", new { store }))
            return damaged;
        foreach (var names in chunks.InPieces())
        {
            damaged.UnionWith((await db.QueryAsync<byte[]>(
                "SELECT hash FROM chunk_damages WHERE store = @store AND hash IN @names AND healed_at IS NULL", new { store, names })).Select(hash => new ChunkHash(hash)));
        }

        return (IReadOnlySet<ChunkHash>)damaged;
    }, ct);

    // Mostly there are none, and then no question for each chunk.
    private async Task<IEnumerable<object>> DamagedAsync(WriteScope scope, IReadOnlyList<ListedChunk> removed) =>
        await scope.SingleOrDefaultAsync<long>("SELECT EXISTS (SELECT 1 FROM chunk_damages WHERE store = @store)", new { store }) == 0 ? []
            : removed.Select(chunk => new { store, Hash = chunk.Hash.ToBytes() });

    private long Now => time.GetUtcNow().ToMicroseconds();

    private sealed class ListedRow
    {
        public byte[] Hash { get; init; } = [];
        public int StoredLength { get; init; }
        public long? Condemned { get; init; }
        public long? CondemnedAt { get; init; }

        public ListedChunk ToChunk() => new(new ChunkHash(Hash), StoredLength, Condemned, CondemnedAt is { } at ? Timestamp.FromMicroseconds(at) : null);
    }

    private sealed class PackRow
    {
        public long Id { get; init; }
        public string Pack { get; init; } = "";
        public long Length { get; init; }
        public long Chunks { get; init; }
        public long Stored { get; init; }
        public bool IsBeingWritten { get; init; }

        public ListedPack ToPack() => new(Id, Guid.Parse(Pack), Length, Chunks, Stored, IsBeingWritten);
    }
}
