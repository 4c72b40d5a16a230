using Dapper;
using Tintype.Platform.Database;

namespace Tintype.Images.Quotas;

/// <summary>Where data is on its way to.</summary>
internal enum QuotaKind
{
    Store,
    Staging,
}

/// <summary>What a project has of images; bytes with those that were promised to it.</summary>
internal sealed record QuotaUsage(long Images, long Uploading, long StoredBytes, long StagedBytes);

/// <summary>Usage is counted, not kept: it cannot go astray. What is on its way has a row of its own.</summary>
internal sealed class QuotaRepository(MetadataDatabase database, TimeProvider time)
{
    private const string ImagesSql = "SELECT COUNT(*) FROM images i WHERE i.owner = @project AND i.deleted_at IS NULL";

    // The owner as an expression: few images are in transit or being copied, and the indexes of those are to be used.
    // What is copied into further stores is active all the while; the condition is that of the index of those, word for word.
    private const string UploadingSql = """
        SELECT (SELECT COUNT(*) FROM images i WHERE i.status IN ('saving', 'uploading', 'importing') AND i.owner || '' = @project AND i.deleted_at IS NULL)
             + (SELECT COUNT(*) FROM images i WHERE i.owner || '' = @project AND i.deleted_at IS NULL AND i.status NOT IN ('saving', 'uploading', 'importing')
                AND json_extract(i.properties, '$.os_glance_importing_to_stores') <> '')
        """;

    private const string StoredSql = """
        SELECT COALESCE(SUM(i.size), 0) FROM images i CROSS JOIN blob_copies c
        WHERE i.owner = @project AND i.deleted_at IS NULL AND c.blob_id = i.blob_id
        """;

    private const string StagedSql = """
        SELECT COALESCE(SUM(s.size), 0) FROM staged_data s CROSS JOIN images i
        WHERE i.id = s.image_id AND i.status IN ('uploading', 'importing') AND i.owner = @project AND i.deleted_at IS NULL
        """;

    /// <summary>Images of the project, in whatever state.</summary>
    public Task<long> CountImagesAsync(WriteScope scope, string project) => NumberAsync(scope, ImagesSql, project);

    /// <summary>Images of the project whose data is coming, or is being copied.</summary>
    public Task<long> CountUploadingAsync(WriteScope scope, string project) => NumberAsync(scope, UploadingSql, project);

    /// <summary>Bytes that the project has there, or that were promised to it.</summary>
    public Task<long> BytesAsync(WriteScope scope, QuotaKind kind, string project) =>
        NumberAsync(scope, $"SELECT ({(kind == QuotaKind.Store ? StoredSql : StagedSql)}) + ({ReservedSql(kind)})", project);

    /// <summary>All of it. One statement, so that all numbers are of one moment.</summary>
    public Task<QuotaUsage> UsageAsync(string project, CancellationToken ct) => database.ReadAsync(db => db.QuerySingleAsync<QuotaUsage>($"""
        SELECT ({ImagesSql}) AS Images, ({UploadingSql}) AS Uploading,
               ({StoredSql}) + ({ReservedSql(QuotaKind.Store)}) AS StoredBytes, ({StagedSql}) + ({ReservedSql(QuotaKind.Staging)}) AS StagedBytes
        """, new { project }), ct);

    public async Task<int> CountCopiesAsync(WriteScope scope, Guid blob) =>
        (await scope.QueryAsync<int>("SELECT COUNT(*) FROM blob_copies WHERE blob_id = @blob", new { blob = blob.ToString() })).Single();

    /// <summary>Bytes; 0 if nothing is reserved.</summary>
    public async Task<long> FindAsync(WriteScope scope, Guid image, QuotaKind kind) => (await scope.QueryAsync<long>(
        "SELECT bytes FROM quota_reservations WHERE image_id = @image AND kind = @kind", new { image = image.ToString(), kind = Word(kind) })).SingleOrDefault();

    public Task SetAsync(WriteScope scope, Guid image, string project, QuotaKind kind, long bytes) => scope.ExecuteAsync("""
        INSERT INTO quota_reservations (image_id, kind, project, bytes, created_at) VALUES (@image, @kind, @project, @bytes, @now)
        ON CONFLICT (image_id, kind) DO UPDATE SET project = excluded.project, bytes = excluded.bytes
        """, new { image = image.ToString(), kind = Word(kind), project, bytes, now = time.GetUtcNow().ToMicroseconds() });

    public Task RemoveAsync(WriteScope scope, Guid image) =>
        scope.ExecuteAsync("DELETE FROM quota_reservations WHERE image_id = @image", new { image = image.ToString() });

    public Task RemoveAsync(WriteScope scope, Guid image, QuotaKind kind) => scope.ExecuteAsync(
        "DELETE FROM quota_reservations WHERE image_id = @image AND kind = @kind", new { image = image.ToString(), kind = Word(kind) });

    /// <summary>All but those of what can go on.</summary>
    public Task<int> ClearAsync(CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync("""
        DELETE FROM quota_reservations WHERE image_id NOT IN (SELECT u.image_id FROM resumable_uploads u WHERE u.completed_at IS NULL)
        """), ct);

    private static string ReservedSql(QuotaKind kind) =>
        $"SELECT COALESCE(SUM(r.bytes), 0) FROM quota_reservations r WHERE r.project = @project AND r.kind = '{Word(kind)}'";

    private static Task<long> NumberAsync(WriteScope scope, string sql, string project) =>
        scope.Connection.ExecuteScalarAsync<long>(sql, new { project }, scope.Transaction);

    private static string Word(QuotaKind kind) => kind == QuotaKind.Store ? "store" : "staging";
}
