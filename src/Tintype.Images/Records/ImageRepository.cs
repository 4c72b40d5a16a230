using System.Data;
using Dapper;
using Tintype.Platform.Database;

namespace Tintype.Images.Records;

/// <summary>An image, and what the caller's project has made of the offer to it.</summary>
/// <param name="MemberStatus">pending, accepted, rejected; null when the image was not offered to the project.</param>
internal sealed record ImageSeen(ImageRecord Image, string? MemberStatus);

/// <summary>The table of images, one at a time.</summary>
internal sealed class ImageRepository(MetadataDatabase database, TimeProvider time)
{
    public Task<ImageRecord?> FindAsync(Guid id, CancellationToken ct) => database.ReadAsync(async db =>
        (await db.QuerySingleOrDefaultAsync<ImageRow>(
            $"SELECT {ImageRow.Columns} FROM images i WHERE i.id = @id AND i.deleted_at IS NULL", new { id = id.ToString() }))?.ToRecord(), ct);

    /// <summary>The same within a write, where it cannot change any more.</summary>
    public async Task<ImageRecord?> FindAsync(WriteScope scope, Guid id) =>
        (await scope.SingleOrDefaultAsync<ImageRow>(
            $"SELECT {ImageRow.Columns} FROM images i WHERE i.id = @id AND i.deleted_at IS NULL", new { id = id.ToString() }))?.ToRecord();

    /// <summary>The image together with what its visibility for a project depends on.</summary>
    public Task<ImageSeen?> FindSeenByAsync(Guid id, string projectId, CancellationToken ct) => database.ReadAsync(db =>
        SeenAsync(db, null, id, projectId), ct);

    public Task<ImageSeen?> FindSeenByAsync(WriteScope scope, Guid id, string projectId) =>
        SeenAsync(scope.Connection, scope.Transaction, id, projectId);

    /// <summary>False if the id has ever been used, by a deleted image too.</summary>
    public async Task<bool> InsertAsync(WriteScope scope, ImageRecord image) => await scope.ExecuteAsync("""
        INSERT INTO images (id, name, owner, status, visibility, protected, hidden, disk_format, container_format, min_disk, min_ram,
                            size, virtual_size, blob_id, checksum, hash_algorithm, hash_value, properties, tags, created_at, updated_at)
        VALUES (@Id, @Name, @Owner, @Status, @Visibility, @Protected, @Hidden, @DiskFormat, @ContainerFormat, @MinDisk, @MinRam,
                @Size, @VirtualSize, @BlobId, @Checksum, @HashAlgorithm, @HashValue, @Properties, @Tags, @CreatedAt, @UpdatedAt)
        ON CONFLICT (id) DO NOTHING
        """, ImageRow.Of(image)) == 1;

    /// <summary>Writes the whole record, with <c>updated_at</c> now. Within one write, after a find in the same: the record is current.</summary>
    public async Task<ImageRecord> SaveAsync(WriteScope scope, ImageRecord image)
    {
        var saved = image with { UpdatedAt = time.GetUtcNow() };
        await scope.ExecuteAsync("""
            UPDATE images SET name = @Name, owner = @Owner, status = @Status, visibility = @Visibility, protected = @Protected, hidden = @Hidden,
                disk_format = @DiskFormat, container_format = @ContainerFormat, min_disk = @MinDisk, min_ram = @MinRam,
                size = @Size, virtual_size = @VirtualSize, blob_id = @BlobId, checksum = @Checksum,
                hash_algorithm = @HashAlgorithm, hash_value = @HashValue,
                properties = @Properties, tags = @Tags, updated_at = @UpdatedAt
            WHERE id = @Id AND deleted_at IS NULL
            """, ImageRow.Of(saved));
        return saved;
    }

    /// <summary>Marks the row, withdraws the offers, and gives up the data, which is the collector's from then on.</summary>
    public async Task MarkDeletedAsync(WriteScope scope, Guid id)
    {
        var parameters = new { id = id.ToString(), now = time.GetUtcNow().ToMicroseconds() };
        await scope.ExecuteAsync("DELETE FROM image_members WHERE image_id = @id", parameters);
        await scope.ExecuteAsync("""
            UPDATE images SET status = 'deleted', blob_id = NULL, updated_at = @now, deleted_at = @now WHERE id = @id AND deleted_at IS NULL
            """, parameters);
    }

    /// <summary>What an end of the server in the middle of an upload leaves.</summary>
    public Task<IReadOnlyList<ImageRecord>> ListBrokenOffAsync(CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<ImageRecord>)[.. (await db.QueryAsync<ImageRow>($"""
            SELECT {ImageRow.Columns} FROM images i
            WHERE i.status IN ('saving', 'uploading', 'importing')
              AND (i.status = 'saving' OR (i.status = 'uploading' AND NOT EXISTS (SELECT 1 FROM staged_data s WHERE s.image_id = i.id)
                AND NOT EXISTS (SELECT 1 FROM resumable_uploads u WHERE u.image_id = i.id AND u.completed_at IS NULL)))
            """)).Select(r => r.ToRecord())], ct);

    private static async Task<ImageSeen?> SeenAsync(IDbConnection db, IDbTransaction? transaction, Guid id, string projectId)
    {
        var row = await db.QuerySingleOrDefaultAsync<ImageRow>($"""
            SELECT {ImageRow.Columns}, m.status AS MemberStatus
            FROM images i LEFT JOIN image_members m ON m.image_id = i.id AND m.member = @projectId
            WHERE i.id = @id AND i.deleted_at IS NULL
            """, new { id = id.ToString(), projectId }, transaction);
        return row is null ? null : new ImageSeen(row.ToRecord(), row.MemberStatus);
    }
}
