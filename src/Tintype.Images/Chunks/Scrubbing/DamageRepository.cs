using Dapper;
using Tintype.Platform.Database;
using Tintype.Storage.Chunks.Scrubbing;

namespace Tintype.Images.Chunks.Scrubbing;

/// <summary>A blob of which something cannot be read, and the image that it is the data of.</summary>
internal sealed record DamagedBlob(Guid BlobId, Guid? ImageId, string? ImageName, long Places, string Reason, DateTimeOffset FoundAt, string? Obstacle);

/// <summary>Which blobs the damaged chunks are in.</summary>
internal sealed class DamageRepository(MetadataDatabase database, TimeProvider time)
{
    /// <summary>The level of what is no chunk: the blob's record.</summary>
    private const int RecordLevel = -2;

    // Of the places, those whose chunk has been healed since, by whoever, do not count any more.
    private const string Standing = """
        FROM chunk_damaged_blobs b LEFT JOIN chunk_damages d ON d.hash = b.hash AND d.store = b.store
        WHERE b.store = @store AND (b.level = -2 OR (d.hash IS NOT NULL AND d.healed_at IS NULL))
        """;

    /// <summary>The blobs behind <paramref name="after"/> that belong in the store.</summary>
    public Task<IReadOnlyList<Guid>> ListBlobsAsync(string store, string after, int count, CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<Guid>)[.. (await db.QueryAsync<string>(
            "SELECT blob_id FROM blob_copies WHERE store = @store AND url IS NULL AND blob_id > @after ORDER BY blob_id LIMIT @count", new { store, after, count })).Select(Guid.Parse)], ct);

    /// <summary>What is known of a blob from now on.</summary>
    public Task SetPlacesAsync(string store, Guid blob, IReadOnlyList<DamagedPlace> places, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        await ForgetAsync(scope, store, blob);
        await scope.ExecuteAsync("""
            INSERT INTO chunk_damaged_blobs (store, blob_id, hash, level, chunk) VALUES (@store, @blob, @hash, @Level, @First)
            """, places.Select(place => new { store, blob = blob.ToString(), hash = place.Hash.ToBytes(), place.Level, place.First }));
    }, ct);

    /// <summary>The blob's record is missing or damaged.</summary>
    public Task SetUnreadableAsync(string store, Guid blob, string reason, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        await ForgetAsync(scope, store, blob);
        await scope.ExecuteAsync("INSERT INTO chunk_damaged_blobs (store, blob_id, hash, level, chunk, obstacle) VALUES (@store, @blob, x'', @level, 0, @reason)",
            new { store, blob = blob.ToString(), level = RecordLevel, reason });
    }, ct);

    public Task SetObstacleAsync(string store, Guid blob, string obstacle, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync(
        "UPDATE chunk_damaged_blobs SET obstacle = @obstacle WHERE store = @store AND blob_id = @blob", new { store, blob = blob.ToString(), obstacle }), ct);

    /// <summary>Forgets the places in blobs that are not in the store any more, and those that have been healed.</summary>
    public Task ForgetGoneAsync(string store, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync("""
        DELETE FROM chunk_damaged_blobs WHERE store = @store
          AND NOT EXISTS (SELECT 1 FROM blob_copies c WHERE c.blob_id = chunk_damaged_blobs.blob_id AND c.store = @store AND c.url IS NULL)
        """, new { store }), ct);

    /// <summary>Forgets what was healed before a pass of the scrub, which looks again.</summary>
    public Task ForgetHealedAsync(string store, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync(
        "DELETE FROM chunk_damages WHERE store = @store AND healed_at IS NOT NULL", new { store }), ct);

    public Task<(long Damaged, long Healed)> CountAsync(string store, CancellationToken ct) => database.ReadAsync(async db =>
        await db.QuerySingleAsync<(long, long)>(
            "SELECT count(*) - count(healed_at), count(healed_at) FROM chunk_damages WHERE store = @store", new { store }), ct);

    public Task<IReadOnlyList<DamagedBlob>> ListAsync(string store, CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<DamagedBlob>)[.. (await db.QueryAsync<Row>($"""
            SELECT s.blob_id AS BlobId, i.id AS ImageId, i.name AS ImageName, s.places AS Places, s.reason AS Reason, s.found_at AS FoundAt, s.obstacle AS Obstacle
            FROM (SELECT b.blob_id, count(*) AS places, min(COALESCE(d.reason, b.obstacle)) AS reason, COALESCE(min(d.found_at), @now) AS found_at,
                    min(CASE WHEN b.level = -2 THEN NULL ELSE b.obstacle END) AS obstacle
                  {Standing} GROUP BY b.blob_id) s
            LEFT JOIN images i ON i.blob_id = s.blob_id AND i.deleted_at IS NULL
            ORDER BY s.blob_id, i.id
            """, new { store, now = time.GetUtcNow().ToMicroseconds() })).Select(row => row.ToBlob())], ct);

    private static Task<int> ForgetAsync(WriteScope scope, string store, Guid blob) =>
        scope.ExecuteAsync("DELETE FROM chunk_damaged_blobs WHERE store = @store AND blob_id = @blob", new { store, blob = blob.ToString() });

    private sealed class Row
    {
        public string BlobId { get; init; } = "";
        public string? ImageId { get; init; }
        public string? ImageName { get; init; }
        public long Places { get; init; }
        public string Reason { get; init; } = "";
        public long FoundAt { get; init; }
        public string? Obstacle { get; init; }

        public DamagedBlob ToBlob() => new(Guid.Parse(BlobId), ImageId is { } id ? Guid.Parse(id) : null, ImageName, Places, Reason, Timestamp.FromMicroseconds(FoundAt), Obstacle);
    }
}
