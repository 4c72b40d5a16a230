using Dapper;
using Tintype.Platform.Database;

namespace Tintype.Images.Uploads;

/// <summary>The table of resumable uploads.</summary>
internal sealed class UploadRepository(MetadataDatabase database, TimeProvider time)
{
    private const string Columns = """
        u.id AS Id, u.image_id AS ImageId, u.project AS Project, u.store AS Store, u.length AS Length, u.upload_offset AS Offset,
        u.metadata AS Metadata, u.expires_at AS ExpiresAt, u.completed_at AS CompletedAt
        """;

    // The image has gone, or is not one any more whose data this upload brings.
    private const string Rootless = """
        NOT EXISTS (SELECT 1 FROM images i WHERE i.id = u.image_id AND i.deleted_at IS NULL AND (i.status = 'uploading' OR u.completed_at IS NOT NULL))
        """;

    public async Task<ResumableUpload?> FindAsync(Guid id, CancellationToken ct) => (await database.ReadAsync(db =>
        db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM resumable_uploads u WHERE u.id = @id", new { id = id.ToString() }), ct))?.ToUpload();

    public Task InsertAsync(WriteScope scope, ResumableUpload upload) => scope.ExecuteAsync("""
        INSERT INTO resumable_uploads (id, image_id, project, store, length, upload_offset, metadata, expires_at, created_at)
        VALUES (@id, @image, @Project, @Store, @Length, @Offset, @Metadata, @expires, @now)
        """, new
    {
        id = upload.Id.ToString(),
        image = upload.ImageId.ToString(),
        upload.Project,
        upload.Store,
        upload.Length,
        upload.Offset,
        upload.Metadata,
        expires = upload.ExpiresAt.ToMicroseconds(),
        now = Now,
    });

    /// <returns>False if the upload, or its image, has gone meanwhile, or is complete.</returns>
    public async Task<bool> AdvanceAsync(WriteScope scope, Guid id, long offset, DateTimeOffset expiresAt) => await scope.ExecuteAsync($"""
        UPDATE resumable_uploads AS u SET upload_offset = @offset, expires_at = @expires
        WHERE u.id = @id AND u.completed_at IS NULL AND NOT {Rootless}
        """, new { id = id.ToString(), offset, expires = expiresAt.ToMicroseconds() }) == 1;

    /// <summary>All bytes are the image's. To be called in the transaction that makes them so.</summary>
    /// <returns>False if the upload has gone meanwhile, or is complete.</returns>
    public async Task<bool> CompleteAsync(WriteScope scope, Guid id, DateTimeOffset expiresAt) => await scope.ExecuteAsync("""
        UPDATE resumable_uploads SET upload_offset = length, expires_at = @expires, completed_at = @now WHERE id = @id AND completed_at IS NULL
        """, new { id = id.ToString(), expires = expiresAt.ToMicroseconds(), now = Now }) == 1;

    /// <returns>What it was; null if it had gone already.</returns>
    public async Task<ResumableUpload?> DeleteAsync(WriteScope scope, Guid id)
    {
        var row = await scope.SingleOrDefaultAsync<Row>($"SELECT {Columns} FROM resumable_uploads u WHERE u.id = @id", new { id = id.ToString() });
        await scope.ExecuteAsync("DELETE FROM resumable_uploads WHERE id = @id", new { id = id.ToString() });
        return row?.ToUpload();
    }

    /// <summary>Those that have expired, and those that have lost their image.</summary>
    public Task<IReadOnlyList<Guid>> ListEndedAsync(CancellationToken ct) => database.ReadAsync(async db => (IReadOnlyList<Guid>)[.. (await db.QueryAsync<string>(
        $"SELECT u.id FROM resumable_uploads u WHERE u.expires_at <= @now OR {Rootless}", new { now = Now })).Select(Guid.Parse)], ct);

    /// <summary>The ids of everything whose bytes are still on their way.</summary>
    public Task<IReadOnlySet<Guid>> ListUnfinishedAsync(CancellationToken ct) => database.ReadAsync(async db => (IReadOnlySet<Guid>)(await db.QueryAsync<string>(
        "SELECT id FROM resumable_uploads WHERE completed_at IS NULL")).Select(Guid.Parse).ToHashSet(), ct);

    private long Now => time.GetUtcNow().ToMicroseconds();

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string ImageId { get; init; } = "";
        public string Project { get; init; } = "";
        public string Store { get; init; } = "";
        public long Length { get; init; }
        public long Offset { get; init; }
        public string Metadata { get; init; } = "";
        public long ExpiresAt { get; init; }
        public long? CompletedAt { get; init; }

        public ResumableUpload ToUpload() => new(
            Guid.Parse(Id), Guid.Parse(ImageId), Project, Store, Length, Offset, Metadata, Timestamp.FromMicroseconds(ExpiresAt), CompletedAt is not null);
    }
}
