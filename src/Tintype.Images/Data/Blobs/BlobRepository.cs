using System.Data;
using Dapper;
using Tintype.Images.Stores;
using Tintype.Platform.Database;

namespace Tintype.Images.Data.Blobs;

/// <summary>The tables of blobs, of the stores they lie in, and of what holds them.</summary>
internal sealed class BlobRepository(MetadataDatabase database, TimeProvider time)
{
    private const string Base = "base";

    // No image and no holder: an image that is deleted gives up its blob_id.
    private const string Rootless = """
        NOT EXISTS (SELECT 1 FROM images i WHERE i.blob_id = b.id AND i.deleted_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM blob_references r WHERE r.blob_id = b.id)
        """;

    /// <summary>A blob without a copy is the caller's to give one, in the same transaction.</summary>
    public Task InsertAsync(WriteScope scope, Guid id, long size, string format, long? virtualSize) => scope.ExecuteAsync("""
        INSERT INTO blobs (id, size, format, virtual_size, created_at) VALUES (@id, @size, @format, @virtualSize, @now)
        """, new { id = id.ToString(), size, format, virtualSize, now = Now });

    /// <returns>False if the store has the blob already, or the blob has gone.</returns>
    public async Task<bool> InsertCopyAsync(WriteScope scope, BlobCopy copy) => await scope.ExecuteAsync("""
        INSERT INTO blob_copies (blob_id, position, store, url, metadata, created_at)
        SELECT b.id, (SELECT COALESCE(max(c.position) + 1, 0) FROM blob_copies c WHERE c.blob_id = b.id), @store, @url, '{}', @now
        FROM blobs b WHERE b.id = @id
        ON CONFLICT (blob_id, store) WHERE url IS NULL DO NOTHING
        """, new { id = copy.BlobId.ToString(), store = copy.Store, url = copy.Url, now = Now }) == 1;

    public Task DeleteCopyAsync(WriteScope scope, BlobCopy copy) => scope.ExecuteAsync(
        "DELETE FROM blob_copies WHERE blob_id = @id AND store = @store AND url IS NOT DISTINCT FROM @url",
        new { id = copy.BlobId.ToString(), store = copy.Store, url = copy.Url });

    /// <summary>In the order of the image's locations.</summary>
    public Task<IReadOnlyList<BlobCopy>> ListCopiesAsync(Guid id, CancellationToken ct) => database.ReadAsync(db => CopiesAsync(db, null, id.ToString()), ct);

    public Task<IReadOnlyList<BlobCopy>> ListCopiesAsync(WriteScope scope, Guid id) => CopiesAsync(scope.Connection, scope.Transaction, id.ToString());

    /// <summary>The names of all stores that a copy lies in, whether they are configured or not.</summary>
    public Task<IReadOnlyList<string>> ListStoresAsync(CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<string>)[.. await db.QueryAsync<string>("SELECT DISTINCT store FROM blob_copies ORDER BY store")], ct);

    public async Task<bool> IsHeldAsync(WriteScope scope, Guid id) => await scope.SingleOrDefaultAsync<long>(
        "SELECT EXISTS (SELECT 1 FROM blob_references WHERE blob_id = @id)", new { id = id.ToString() }) == 1;

    /// <summary>Notes how large the disk inside is, where it was not known before.</summary>
    public Task SetVirtualSizeAsync(WriteScope scope, Guid id, long virtualSize) => scope.ExecuteAsync(
        "UPDATE blobs SET virtual_size = @virtualSize WHERE id = @id AND virtual_size IS NULL", new { id = id.ToString(), virtualSize });

    public Task<bool> ExistsAsync(Guid id, CancellationToken ct) => database.ReadAsync(db =>
        db.ExecuteScalarAsync<bool>("SELECT EXISTS (SELECT 1 FROM blobs WHERE id = @id)", new { id = id.ToString() }), ct);

    public async Task<bool> ExistsAsync(WriteScope scope, Guid id) => await scope.SingleOrDefaultAsync<long>(
        "SELECT EXISTS (SELECT 1 FROM blobs WHERE id = @id)", new { id = id.ToString() }) == 1;

    /// <summary>What holds the stored disk with the content of a blob, as long as that blob is there.</summary>
    public static BlobHolder BaseOf(Guid blobId) => new(Base, blobId);

    public Task<BlobRow?> FindAsync(Guid id, CancellationToken ct) => database.ReadAsync(db => db.QuerySingleOrDefaultAsync<BlobRow>(
        "SELECT id AS Id, size AS Size, format AS Format, virtual_size AS VirtualSize FROM blobs WHERE id = @id", new { id = id.ToString() }), ct);

    /// <summary>The ids of everything that belongs in the store.</summary>
    public Task<IReadOnlySet<Guid>> ListIdsAsync(string store, CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlySet<Guid>)(await db.QueryAsync<string>("SELECT blob_id FROM blob_copies WHERE store = @store", new { store })).Select(Guid.Parse).ToHashSet(), ct);

    /// <summary>Removes the rows of blobs that nothing refers to; the bytes of these copies are garbage from then on.</summary>
    public async Task<IReadOnlyList<BlobCopy>> RemoveRootlessAsync(CancellationToken ct)
    {
        // Looked for without holding up writers, then judged again among them.
        var candidates = await database.ReadAsync(async db =>
            (await db.QueryAsync<string>($"SELECT b.id FROM blobs b WHERE {Rootless}")).ToArray(), ct);
        if (candidates.Length == 0)
            return [];
        return await database.WriteAsync(async scope =>
        {
            var removed = new List<BlobCopy>();
            foreach (var id in candidates)
            {
                if (await scope.SingleOrDefaultAsync<string>($"SELECT b.id FROM blobs b WHERE b.id = @id AND {Rootless}", new { id }) is null)
                    continue;
                removed.AddRange(await CopiesAsync(scope.Connection, scope.Transaction, id));
                await scope.ExecuteAsync("DELETE FROM blob_copies WHERE blob_id = @id", new { id });
                await scope.ExecuteAsync("DELETE FROM blobs WHERE id = @id", new { id });
                await scope.ExecuteAsync($"DELETE FROM blob_references WHERE holder_kind = '{Base}' AND holder_id = @id", new { id });
            }

            return (IReadOnlyList<BlobCopy>)removed;
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

    /// <summary>Makes the holder refer to the blob, and to no other.</summary>
    public Task HoldBlobAsync(WriteScope scope, Guid blobId, BlobHolder holder) => scope.ExecuteAsync("""
        INSERT INTO blob_references (holder_kind, holder_id, blob_id) VALUES (@kind, @holder, @blob)
        ON CONFLICT (holder_kind, holder_id) DO UPDATE SET blob_id = excluded.blob_id
        """, new { kind = holder.Kind, holder = holder.Id.ToString(), blob = blobId.ToString() });

    /// <returns>Whether there was a reference.</returns>
    public async Task<bool> ReleaseAsync(WriteScope scope, BlobHolder holder) => await scope.ExecuteAsync(
        "DELETE FROM blob_references WHERE holder_kind = @kind AND holder_id = @holder", Parameters(holder)) == 1;

    private const string HeldSql = """
        SELECT b.id AS Id, b.size AS Size, b.format AS Format, b.virtual_size AS VirtualSize
        FROM blob_references r JOIN blobs b ON b.id = r.blob_id
        WHERE r.holder_kind = @kind AND r.holder_id = @holder
        """;

    private static async Task<IReadOnlyList<BlobCopy>> CopiesAsync(IDbConnection db, IDbTransaction? transaction, string id) =>
        [.. (await db.QueryAsync<CopyRow>(
            "SELECT store AS Store, url AS Url FROM blob_copies WHERE blob_id = @id ORDER BY position", new { id }, transaction))
            .Select(row => new BlobCopy(Guid.Parse(id), row.Store, row.Url))];

    private long Now => time.GetUtcNow().ToMicroseconds();

    private static object Parameters(BlobHolder holder) => new { kind = holder.Kind, holder = holder.Id.ToString() };
}

internal sealed class CopyRow
{
    public string Store { get; init; } = "";
    public string? Url { get; init; }
}

internal sealed class BlobRow
{
    public string Id { get; init; } = "";
    public long Size { get; init; }
    public string Format { get; init; } = "";
    public long? VirtualSize { get; init; }
}
