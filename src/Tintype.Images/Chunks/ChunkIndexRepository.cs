using Dapper;
using Tintype.Platform.Database;
using Tintype.Storage.Chunks;
using Tintype.Storage.Chunks.Packs;

namespace Tintype.Images.Chunks;

/// <summary>The index over one store's chunks, in the database.</summary>
internal sealed class ChunkIndexRepository(MetadataDatabase database, string store, TimeProvider time) : IChunkIndex
{
    // A full pack at once would keep every other writer waiting for half a second.
    private const int RowsAtOnce = 4096;

    // SQLite takes more, but each number of names is a statement of its own.
    private const int NamesAtOnce = 32;

    public async Task<IReadOnlyDictionary<ChunkHash, ChunkPlace>> FindAsync(IReadOnlyCollection<ChunkHash> hashes, CancellationToken ct)
    {
        if (hashes.Count == 0)
            return new Dictionary<ChunkHash, ChunkPlace>();
        return await database.ReadAsync(async db =>
        {
            var places = new Dictionary<ChunkHash, ChunkPlace>(hashes.Count);
            foreach (var some in hashes.Chunk(NamesAtOnce))
            {
                foreach (var row in await db.QueryAsync<Row>("""
                    SELECT c.hash AS Hash, p.pack AS Pack, c.pack_offset AS PackOffset, c.stored_length AS StoredLength, c.length AS Length, c.encoding AS Encoding
                    FROM chunks c JOIN chunk_packs p ON p.id = c.pack_id
                    WHERE c.store = @store AND c.hash IN @names
                    """, new { store, names = some.Select(Bytes) }))
                {
                    var place = row.ToPlace();
                    places[place.Entry.Hash] = place;
                }
            }

            return places;
        }, ct);
    }

    public async Task AddAsync(Guid pack, long length, IReadOnlyList<PackEntry> entries, CancellationToken ct)
    {
        var id = await database.WriteAsync(async scope => (await scope.QueryAsync<long>("""
            INSERT INTO chunk_packs (store, pack, length, created_at) VALUES (@store, @pack, @length, @now)
            ON CONFLICT (store, pack) DO UPDATE SET length = @length RETURNING id
            """, new { store, pack = pack.ToString(), length, now = time.GetUtcNow().ToMicroseconds() }))[0], ct);
        foreach (var some in entries.Chunk(RowsAtOnce))
        {
            await database.WriteAsync(scope => scope.ExecuteAsync("""
                INSERT INTO chunks (hash, store, pack_id, pack_offset, stored_length, length, encoding)
                VALUES (@Hash, @Store, @Pack, @Offset, @StoredLength, @Length, @Encoding) ON CONFLICT (hash, store) DO NOTHING
                """, some.Select(e => new { Hash = Bytes(e.Hash), Store = store, Pack = id, e.Offset, e.StoredLength, e.Length, Encoding = (int)e.Encoding })), ct);
        }
    }

    private static byte[] Bytes(ChunkHash hash)
    {
        var bytes = new byte[ChunkHash.Size];
        hash.WriteTo(bytes);
        return bytes;
    }

    private sealed class Row
    {
        public byte[] Hash { get; init; } = [];
        public string Pack { get; init; } = "";
        public long PackOffset { get; init; }
        public int StoredLength { get; init; }
        public int Length { get; init; }
        public int Encoding { get; init; }

        public ChunkPlace ToPlace() =>
            new(Guid.Parse(Pack), new PackEntry(new ChunkHash(Hash), (ChunkEncoding)Encoding, PackOffset, StoredLength, Length));
    }
}
