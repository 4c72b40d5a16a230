using System.Data;
using Dapper;
using Tintype.Platform.Database;

namespace Tintype.Images.Quotas;

/// <summary>Where data is on its way to.</summary>
internal enum QuotaKind
{
    Store,
    Staging,
}

/// <summary>What a project has of images. Reserved bytes are those of data that is still on its way.</summary>
internal sealed record QuotaUsage(long Images, long Uploading, long StoredBytes, long StagedBytes, long ReservedToStore, long ReservedToStage);

/// <summary>Usage is counted, not kept: it cannot go astray. What is on its way has a row of its own.</summary>
internal sealed class QuotaRepository(MetadataDatabase database, TimeProvider time)
{
    private const string UsageSql = """
        SELECT (SELECT COUNT(*) FROM images i WHERE i.owner = @project AND i.deleted_at IS NULL) AS Images,
               (SELECT COUNT(*) FROM images i WHERE i.status IN ('saving', 'uploading', 'importing') AND i.owner = @project AND i.deleted_at IS NULL) AS Uploading,
               (SELECT COALESCE(SUM(i.size * (SELECT COUNT(*) FROM blob_copies c WHERE c.blob_id = i.blob_id)), 0)
                FROM images i WHERE i.owner = @project AND i.deleted_at IS NULL AND i.blob_id IS NOT NULL) AS StoredBytes,
               (SELECT COALESCE(SUM(s.size), 0) FROM staged_data s CROSS JOIN images i
                WHERE i.id = s.image_id AND i.status IN ('uploading', 'importing') AND i.owner = @project AND i.deleted_at IS NULL) AS StagedBytes,
               (SELECT COALESCE(SUM(r.bytes), 0) FROM quota_reservations r WHERE r.project = @project AND r.kind = 'store') AS ReservedToStore,
               (SELECT COALESCE(SUM(r.bytes), 0) FROM quota_reservations r WHERE r.project = @project AND r.kind = 'staging') AS ReservedToStage
        """;

    public Task<QuotaUsage> UsageAsync(string project, CancellationToken ct) => database.ReadAsync(db => UsageAsync(db, null, project), ct);

    public Task<QuotaUsage> UsageAsync(WriteScope scope, string project) => UsageAsync(scope.Connection, scope.Transaction, project);

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

    public Task<int> ClearAsync(CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync("DELETE FROM quota_reservations"), ct);

    private static Task<QuotaUsage> UsageAsync(IDbConnection db, IDbTransaction? transaction, string project) =>
        db.QuerySingleAsync<QuotaUsage>(UsageSql, new { project }, transaction);

    private static string Word(QuotaKind kind) => kind == QuotaKind.Store ? "store" : "staging";
}
