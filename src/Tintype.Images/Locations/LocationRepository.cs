using System.Data;
using Dapper;
using Tintype.Images.Stores;
using Tintype.Platform.Database;

namespace Tintype.Images.Locations;

/// <summary>The copies of blobs as the locations of images, in their order.</summary>
internal sealed class LocationRepository(MetadataDatabase database, ImageStores stores, TimeProvider time)
{
    public async Task<IReadOnlyList<ImageLocation>> ListAsync(Guid? blobId, CancellationToken ct) =>
        blobId is { } id && (await ListAsync([id], ct)).TryGetValue(id, out var locations) ? locations : [];

    /// <summary>Of several blobs at once.</summary>
    public Task<IReadOnlyDictionary<Guid, IReadOnlyList<ImageLocation>>> ListAsync(IReadOnlyCollection<Guid> blobIds, CancellationToken ct) =>
        database.ReadAsync(db => ListAsync(db, null, blobIds), ct);

    /// <summary>The same within a write.</summary>
    public async Task<IReadOnlyList<ImageLocation>> ListAsync(WriteScope scope, Guid? blobId) =>
        blobId is { } id && (await ListAsync(scope.Connection, scope.Transaction, [id])).TryGetValue(id, out var locations) ? locations : [];

    /// <summary>Makes these the blob's locations, and no others.</summary>
    public async Task ReplaceAsync(WriteScope scope, Guid blobId, IReadOnlyList<ImageLocation> locations)
    {
        var id = blobId.ToString();
        await scope.ExecuteAsync("DELETE FROM blob_copies WHERE blob_id = @id", new { id });
        foreach (var (at, location) in locations.Index())
        {
            var copy = location.ToCopy(blobId);
            await scope.ExecuteAsync("""
                INSERT INTO blob_copies (blob_id, position, store, url, metadata, created_at) VALUES (@id, @at, @Store, @Url, @metadata, @now)
                """, new { id, at, copy.Store, copy.Url, metadata = location.Metadata.ToString(), now = time.GetUtcNow().ToMicroseconds() });
        }
    }

    private async Task<IReadOnlyDictionary<Guid, IReadOnlyList<ImageLocation>>> ListAsync(IDbConnection db, IDbTransaction? transaction, IReadOnlyCollection<Guid> blobIds)
    {
        var rows = await db.QueryAsync<Row>(
            "SELECT blob_id AS BlobId, store AS Store, url AS Url, metadata AS Metadata FROM blob_copies WHERE blob_id IN @ids ORDER BY blob_id, position",
            new { ids = blobIds.Select(id => id.ToString()).ToArray() }, transaction);
        return rows.GroupBy(row => Guid.Parse(row.BlobId)).ToDictionary(group => group.Key, group => (IReadOnlyList<ImageLocation>)[.. group.Select(row =>
            new ImageLocation(row.Store, stores.UrlOf(new BlobCopy(group.Key, row.Store, row.Url)), row.Url is null, LocationMetadata.Parse(row.Metadata)))]);
    }

    private sealed class Row
    {
        public string BlobId { get; init; } = "";
        public string Store { get; init; } = "";
        public string? Url { get; init; }
        public string Metadata { get; init; } = "";
    }
}
