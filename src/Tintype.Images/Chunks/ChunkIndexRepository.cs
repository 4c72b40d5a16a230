using Dapper;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tintype.Platform.Database;
using Tintype.Storage.Chunks;
using Tintype.Storage.Chunks.Packs;

namespace Tintype.Images.Chunks;

/// <summary>The index over one store's chunks, in the database.</summary>
internal sealed class ChunkIndexRepository(MetadataDatabase database, string store, TimeProvider time, ILogger<ChunkIndexRepository>? log = null) : IChunkIndex
{
    public async Task<IReadOnlyDictionary<ChunkHash, ChunkPlace>> FindAsync(IReadOnlyCollection<ChunkHash> hashes, CancellationToken ct)
    {
        if (hashes.Count == 0)
            return new Dictionary<ChunkHash, ChunkPlace>();
        return await database.ReadAsync(async db =>
        {
            var places = new Dictionary<ChunkHash, ChunkPlace>(hashes.Count);
            foreach (var names in hashes.InPieces())
            {
                foreach (var row in await db.QueryAsync<ChunkRow>($"""
                    SELECT {ChunkRow.Columns}, p.pack AS Pack FROM chunks c JOIN chunk_packs p ON p.id = c.pack_id
                    WHERE c.store = @store AND c.hash IN @names
                    """, new { store, names }))
                {
                    var place = row.ToPlace();
                    places[place.Entry.Hash] = place;
                }
            }

            return places;
        }, ct);
    }

    public async Task<IReadOnlySet<ChunkHash>> FindUsableAsync(IReadOnlyCollection<ChunkHash> hashes, CancellationToken ct)
    {
        if (hashes.Count == 0)
            return new HashSet<ChunkHash>();
        return await database.ReadAsync(async db =>
        {
            var usable = new HashSet<ChunkHash>(hashes.Count);
            foreach (var names in hashes.InPieces())
            {
                usable.UnionWith((await db.QueryAsync<byte[]>("""
                    SELECT c.hash FROM chunks c
                    WHERE c.store = @store AND c.hash IN @names AND c.condemned IS NULL
                      AND NOT EXISTS (SELECT 1 FROM chunk_damages d WHERE d.hash = c.hash AND d.store = c.store AND d.healed_at IS NULL)
                    """, new { store, names })).Select(hash => new ChunkHash(hash)));
            }

            return usable;
        }, ct);
    }

    public async Task<IChunkLease> BeginAsync(ChunkHash? basis, CancellationToken ct)
    {
        var id = (await database.WriteAsync(scope => scope.QueryAsync<long>("""
            INSERT INTO chunk_sessions (store, mark, basis, expires_at)
            VALUES (@store, COALESCE((SELECT number FROM chunk_marks WHERE store = @store), 0), @basis, @expires) RETURNING id
            """, new { store, basis = basis?.ToBytes(), expires = ChunkLease.ExpiryFrom(time) }), ct))[0];
        return new ChunkLease(id, store, this, database, time, log ?? NullLogger<ChunkIndexRepository>.Instance);
    }

    public async Task AddAsync(Guid pack, long length, IReadOnlyList<PackEntry> entries, CancellationToken ct)
    {
        await database.WriteAsync(scope => scope.ExecuteAsync("""
            INSERT INTO chunk_packs (store, pack, length, created_at) VALUES (@store, @pack, @length, @now) ON CONFLICT (store, pack) DO NOTHING
            """, new { store, pack = pack.ToString(), length, now = Now }), ct);
        await AddAsync(pack, length, entries, checkAsync: null, ct);
    }

    /// <summary>Enters the chunks of a pack that has a row.</summary>
    /// <param name="checkAsync">Part of every step; throws to end it.</param>
    public async Task AddAsync(Guid pack, long length, IReadOnlyList<PackEntry> entries, Func<WriteScope, Task>? checkAsync, CancellationToken ct)
    {
        for (var done = 0; done == 0 || done < entries.Count;)
        {
            var some = entries.Skip(done).Take(ChunkRows.RowsAtOnce).ToList();
            done += Math.Max(1, some.Count);
            await database.WriteAsync(async scope =>
            {
                if (checkAsync is not null)
                    await checkAsync(scope);
                // Whole with its last chunks: until then it may look empty.
                var id = await scope.SingleOrDefaultAsync<long?>("""
                    UPDATE chunk_packs SET length = @length, session = CASE WHEN @whole THEN NULL ELSE session END WHERE store = @store AND pack = @pack RETURNING id
                    """, new { store, pack = pack.ToString(), length, whole = done >= entries.Count }) ?? throw new ChunkLeaseLostException(store);
                await EnterAsync(scope, id, some);
            }, ct);
        }
    }

    // A chunk that nobody relies on, condemned or damaged, lies here from now on, and is healed if it was damaged.
    private async Task EnterAsync(WriteScope scope, long pack, IReadOnlyList<PackEntry> entries)
    {
        await scope.ExecuteAsync("""
            INSERT INTO chunks (hash, store, pack_id, pack_offset, stored_length, length, encoding)
            VALUES (@Hash, @Store, @Pack, @Offset, @StoredLength, @Length, @Encoding)
            ON CONFLICT (hash, store) DO UPDATE SET pack_id = excluded.pack_id, pack_offset = excluded.pack_offset, stored_length = excluded.stored_length,
                length = excluded.length, encoding = excluded.encoding, condemned = NULL, condemned_at = NULL
            WHERE chunks.condemned IS NOT NULL
               OR EXISTS (SELECT 1 FROM chunk_damages d WHERE d.hash = chunks.hash AND d.store = chunks.store AND d.healed_at IS NULL)
            """, entries.Select(e => new { Hash = e.Hash.ToBytes(), Store = store, Pack = pack, e.Offset, e.StoredLength, e.Length, Encoding = (int)e.Encoding }));
        if (await scope.SingleOrDefaultAsync<long>("SELECT EXISTS (SELECT 1 FROM chunk_damages WHERE store = @store AND healed_at IS NULL)", new { store }) == 1)
        {
            await scope.ExecuteAsync("UPDATE chunk_damages SET healed_at = @Now WHERE hash = @Hash AND store = @Store AND healed_at IS NULL",
                entries.Select(e => new { Now, Hash = e.Hash.ToBytes(), Store = store }));
        }
    }

    private long Now => time.GetUtcNow().ToMicroseconds();
}
