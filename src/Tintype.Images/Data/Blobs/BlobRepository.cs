using Dapper;
using Tintype.Platform.Database;

namespace Tintype.Images.Data.Blobs;

/// <summary>The tables of blobs and of what holds them.</summary>
internal sealed class BlobRepository(MetadataDatabase database, TimeProvider time)
{
    // No image and no holder: an image that is deleted gives up its blob_id.
    private const string Rootless = """
        NOT EXISTS (SELECT 1 FROM images i WHERE i.blob_id = b.id AND i.deleted_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM blob_references r WHERE r.blob_id = b.id)
        """;

    public Task InsertAsync(WriteScope scope, Guid id, string store, long size, string format, long? virtualSize) => scope.ExecuteAsync("""
        INSERT INTO blobs (id, store, size, format, virtual_size, created_at) VALUES (@id, @store, @size, @format, @virtualSize, @now)
        """, new { id = id.ToString(), store, size, format, virtualSize, now = time.GetUtcNow().ToMicroseconds() });

    public Task<bool> ExistsAsync(Guid id, CancellationToken ct) => database.ReadAsync(db =>
        db.ExecuteScalarAsync<bool>("SELECT EXISTS (SELECT 1 FROM blobs WHERE id = @id)", new { id = id.ToString() }), ct);

    /// <summary>The ids of everything that belongs in the store.</summary>
    public Task<IReadOnlySet<Guid>> ListIdsAsync(string store, CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlySet<Guid>)(await db.QueryAsync<string>("SELECT id FROM blobs WHERE store = @store", new { store })).Select(Guid.Parse).ToHashSet(), ct);

    /// <summary>Removes the rows of blobs that nothing refers to; their bytes are garbage from then on.</summary>
    public async Task<IReadOnlyList<Guid>> RemoveRootlessAsync(CancellationToken ct)
    {
        // Looked for without holding up writers, then judged again among them.
        var candidates = await database.ReadAsync(async db =>
            (await db.QueryAsync<string>($"SELECT b.id FROM blobs b WHERE {Rootless}")).ToArray(), ct);
        if (candidates.Length == 0)
            return [];
        return await database.WriteAsync(async scope =>
        {
            var removed = new List<Guid>();
            foreach (var id in candidates)
            {
                if (await scope.ExecuteAsync($"DELETE FROM blobs AS b WHERE b.id = @id AND {Rootless}", new { id }) == 1)
                    removed.Add(Guid.Parse(id));
            }

            return (IReadOnlyList<Guid>)removed;
        }, ct);
    }

    public async Task<BlobRow?> FindHeldAsync(BlobHolder holder, CancellationToken ct) => await database.ReadAsync(db =>
        db.QuerySingleOrDefaultAsync<BlobRow>(HeldSql, Parameters(holder)), ct);

    public Task<BlobRow?> FindHeldAsync(WriteScope scope, BlobHolder holder) => scope.SingleOrDefaultAsync<BlobRow>(HeldSql, Parameters(holder));

    /// <summary>False if the image is not active.</summary>
    public async Task<bool> HoldAsync(WriteScope scope, Guid imageId, BlobHolder holder) => await scope.ExecuteAsync("""
        INSERT INTO blob_references (holder_kind, holder_id, blob_id)
        SELECT @kind, @holder, i.blob_id FROM images i
        WHERE i.id = @image AND i.status = 'active' AND i.deleted_at IS NULL AND i.blob_id IS NOT NULL
        """, new { kind = holder.Kind, holder = holder.Id.ToString(), image = imageId.ToString() }) == 1;

    /// <returns>Whether there was a reference.</returns>
    public async Task<bool> ReleaseAsync(WriteScope scope, BlobHolder holder) => await scope.ExecuteAsync(
        "DELETE FROM blob_references WHERE holder_kind = @kind AND holder_id = @holder", Parameters(holder)) == 1;

    private const string HeldSql = """
        SELECT b.id AS Id, b.size AS Size, b.format AS Format, b.virtual_size AS VirtualSize
        FROM blob_references r JOIN blobs b ON b.id = r.blob_id
        WHERE r.holder_kind = @kind AND r.holder_id = @holder
        """;

    private static object Parameters(BlobHolder holder) => new { kind = holder.Kind, holder = holder.Id.ToString() };
}

internal sealed class BlobRow
{
    public string Id { get; init; } = "";
    public long Size { get; init; }
    public string Format { get; init; } = "";
    public long? VirtualSize { get; init; }
}
