using Dapper;
using Tintype.Images.Records;
using Tintype.Platform.Database;

namespace Tintype.Images.Sharing;

/// <summary>An offer of an image to a project.</summary>
internal sealed record ImageMember(Guid ImageId, string Member, MemberStatus Status, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

internal sealed class MemberRepository(MetadataDatabase database, TimeProvider time)
{
    private const string Columns = "image_id AS ImageId, member AS Member, status AS Status, created_at AS CreatedAt, updated_at AS UpdatedAt";

    /// <summary>In the order in which they were made.</summary>
    public Task<IReadOnlyList<ImageMember>> ListAsync(Guid imageId, CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<ImageMember>)[.. (await db.QueryAsync<Row>(
            $"SELECT {Columns} FROM image_members WHERE image_id = @id ORDER BY created_at, member", new { id = imageId.ToString() })).Select(r => r.ToRecord())], ct);

    public Task<ImageMember?> FindAsync(Guid imageId, string member, CancellationToken ct) => database.ReadAsync(async db =>
        (await db.QuerySingleOrDefaultAsync<Row>(
            $"SELECT {Columns} FROM image_members WHERE image_id = @id AND member = @member", new { id = imageId.ToString(), member }))?.ToRecord(), ct);

    public async Task<ImageMember?> FindAsync(WriteScope scope, Guid imageId, string member) => (await scope.SingleOrDefaultAsync<Row>(
        $"SELECT {Columns} FROM image_members WHERE image_id = @id AND member = @member", new { id = imageId.ToString(), member }))?.ToRecord();

    public async Task<int> CountAsync(WriteScope scope, Guid imageId) => (await scope.QueryAsync<int>(
        "SELECT COUNT(*) FROM image_members WHERE image_id = @id", new { id = imageId.ToString() })).Single();

    /// <returns>The pending offer; null if there is one already.</returns>
    public async Task<ImageMember?> InsertAsync(WriteScope scope, ImageRecord image, string member)
    {
        var now = time.GetUtcNow();
        var inserted = await scope.ExecuteAsync("""
            INSERT INTO image_members (image_id, member, status, image_created_at, created_at, updated_at)
            VALUES (@id, @member, 'pending', @imageCreatedAt, @now, @now)
            ON CONFLICT (image_id, member) DO NOTHING
            """, new { id = image.Id.ToString(), member, imageCreatedAt = image.CreatedAt.ToMicroseconds(), now = now.ToMicroseconds() });
        return inserted == 0 ? null : new ImageMember(image.Id, member, MemberStatus.Pending, now, now);
    }

    public async Task<ImageMember> SetStatusAsync(WriteScope scope, ImageMember member, MemberStatus status)
    {
        var now = time.GetUtcNow();
        await scope.ExecuteAsync(
            "UPDATE image_members SET status = @status, updated_at = @now WHERE image_id = @id AND member = @Member",
            new { id = member.ImageId.ToString(), member.Member, status = status.Word(), now = now.ToMicroseconds() });
        return member with { Status = status, UpdatedAt = now };
    }

    public Task DeleteAsync(WriteScope scope, ImageMember member) => scope.ExecuteAsync(
        "DELETE FROM image_members WHERE image_id = @id AND member = @Member", new { id = member.ImageId.ToString(), member.Member });

    private sealed class Row
    {
        public string ImageId { get; init; } = "";
        public string Member { get; init; } = "";
        public string Status { get; init; } = "";
        public long CreatedAt { get; init; }
        public long UpdatedAt { get; init; }

        public ImageMember ToRecord() => new(Guid.Parse(ImageId), Member, MemberWords.Status(Status)!.Value,
            Timestamp.FromMicroseconds(CreatedAt), Timestamp.FromMicroseconds(UpdatedAt));
    }
}
