using Dapper;
using Tintype.Platform.Database;

namespace Tintype.Images.Caching;

/// <summary>An image that the cache has.</summary>
/// <param name="Id">Ever greater.</param>
/// <param name="Checksum">MD5, hexadecimal; null if the image has none.</param>
internal sealed record CachedImage(
    long Id, Guid ImageId, Guid BlobId, Guid FileId, long Size, string? Checksum, long Hits, DateTimeOffset LastAccessed, DateTimeOffset LastModified);

/// <summary>The tables of what is cached and what is to be.</summary>
internal sealed class CacheRepository(MetadataDatabase database, TimeProvider time)
{
    private const string Columns = """
        c.id AS Id, c.image_id AS ImageId, c.blob_id AS BlobId, c.file_id AS FileId, c.size AS Size, c.checksum AS Checksum, c.hits AS Hits,
        c.last_accessed AS LastAccessed, c.last_modified AS LastModified
        """;

    // Of an image that is deleted nothing is told, and soon nothing is left.
    private const string Living = "EXISTS (SELECT 1 FROM images i WHERE i.id = c.image_id AND i.deleted_at IS NULL AND i.blob_id = c.blob_id)";

    public Task<CachedImage?> FindAsync(Guid imageId, CancellationToken ct) => database.ReadAsync(async db =>
        (await db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM cached_images c WHERE c.image_id = @id AND {Living}", new { id = imageId.ToString() }))?.ToRecord(), ct);

    /// <summary>The least lately asked for first.</summary>
    public Task<IReadOnlyList<CachedImage>> ListAsync(CancellationToken ct) => ListAsync(Living, ct);

    /// <summary>Those whose image is deleted, or has other data.</summary>
    public Task<IReadOnlyList<CachedImage>> ListDeadAsync(CancellationToken ct) => ListAsync($"NOT {Living}", ct);

    public Task<IReadOnlySet<Guid>> ListFilesAsync(CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlySet<Guid>)(await db.QueryAsync<string>("SELECT file_id FROM cached_images")).Select(Guid.Parse).ToHashSet(), ct);

    /// <summary>Makes a whole file the image's in the cache, and takes the image from the queue.</summary>
    /// <returns>False if the image has gone, or is cached already.</returns>
    public Task<bool> InsertAsync(Guid imageId, Guid blobId, Guid fileId, long size, string? checksum) => database.WriteAsync(async scope =>
    {
        var parameters = new { image = imageId.ToString(), blob = blobId.ToString(), file = fileId.ToString(), size, checksum, now = Now };
        await scope.ExecuteAsync("DELETE FROM cache_queue WHERE image_id = @image", parameters);
        return await scope.ExecuteAsync("""
            INSERT INTO cached_images (image_id, blob_id, file_id, size, checksum, hits, last_accessed, last_modified)
            SELECT i.id, i.blob_id, @file, @size, @checksum, 0, @now, @now FROM images i
            WHERE i.id = @image AND i.blob_id = @blob AND i.deleted_at IS NULL
            ON CONFLICT (image_id) DO NOTHING
            """, parameters) == 1;
    }, CancellationToken.None);

    public Task DeleteAsync(IReadOnlyList<CachedImage> cached, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync(
        "DELETE FROM cached_images WHERE id IN @ids", new { ids = cached.Select(c => c.Id).ToArray() }), ct);

    public Task CountHitsAsync(IReadOnlyCollection<(Guid ImageId, long Hits, DateTimeOffset At)> hits, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        foreach (var (imageId, count, at) in hits)
        {
            await scope.ExecuteAsync("UPDATE cached_images SET hits = hits + @count, last_accessed = @at WHERE image_id = @id",
                new { id = imageId.ToString(), count, at = at.ToMicroseconds() });
        }
    }, ct);

    public Task EnqueueAsync(Guid imageId, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync(
        "INSERT INTO cache_queue (image_id, queued_at) VALUES (@id, @now) ON CONFLICT (image_id) DO NOTHING", new { id = imageId.ToString(), now = Now }), ct);

    public Task DequeueAsync(Guid imageId, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync(
        "DELETE FROM cache_queue WHERE image_id = @id", new { id = imageId.ToString() }), ct);

    public Task ClearQueueAsync(CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync("DELETE FROM cache_queue"), ct);

    /// <summary>Oldest first, with the time of each.</summary>
    public Task<IReadOnlyList<(Guid ImageId, DateTimeOffset QueuedAt)>> ListQueueAsync(CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<(Guid, DateTimeOffset)>)[.. (await db.QueryAsync<(string Id, long At)>("SELECT image_id, queued_at FROM cache_queue ORDER BY queued_at, image_id"))
            .Select(row => (Guid.Parse(row.Id), Timestamp.FromMicroseconds(row.At)))], ct);

    private Task<IReadOnlyList<CachedImage>> ListAsync(string condition, CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<CachedImage>)[.. (await db.QueryAsync<Row>($"SELECT {Columns} FROM cached_images c WHERE {condition} ORDER BY c.last_accessed, c.id")).Select(row => row.ToRecord())], ct);

    private long Now => time.GetUtcNow().ToMicroseconds();

    private sealed class Row
    {
        public long Id { get; init; }
        public string ImageId { get; init; } = "";
        public string BlobId { get; init; } = "";
        public string FileId { get; init; } = "";
        public long Size { get; init; }
        public string? Checksum { get; init; }
        public long Hits { get; init; }
        public long LastAccessed { get; init; }
        public long LastModified { get; init; }

        public CachedImage ToRecord() => new(Id, Guid.Parse(ImageId), Guid.Parse(BlobId), Guid.Parse(FileId), Size, Checksum, Hits,
            Timestamp.FromMicroseconds(LastAccessed), Timestamp.FromMicroseconds(LastModified));
    }
}
