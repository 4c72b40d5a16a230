using System.Data;
using System.Text.Json;
using Dapper;
using Tintype.Images.Records;
using Tintype.Platform.Database;

namespace Tintype.Images.Staging;

/// <summary>The table of staged data.</summary>
internal sealed class StagedDataRepository(MetadataDatabase database, TimeProvider time)
{
    private const string Columns = """
        blob_id AS BlobId, image_id AS ImageId, size AS Size, virtual_size AS VirtualSize, checksum AS Checksum, hash_algorithm AS HashAlgorithm, hash_value AS HashValue,
        disk_format AS DiskFormat, container_format AS ContainerFormat, properties AS Properties, refusal AS Refusal, digests AS Digests, prepared AS IsPrepared
        """;

    // What an image that is neither uploading nor importing has staged has been imported, or given up.
    private const string Rootless = """
        NOT EXISTS (SELECT 1 FROM images i WHERE i.id = s.image_id AND i.deleted_at IS NULL AND i.status IN ('uploading', 'importing'))
        """;

    public Task<StagedData?> FindAsync(Guid imageId, CancellationToken ct) => database.ReadAsync(db => FindAsync(db, null, imageId), ct);

    public Task<StagedData?> FindAsync(WriteScope scope, Guid imageId) => FindAsync(scope.Connection, scope.Transaction, imageId);

    /// <summary>Takes the place of what the image had staged before; that one's bytes are garbage from then on.</summary>
    public async Task ReplaceAsync(WriteScope scope, StagedData data)
    {
        await scope.ExecuteAsync("DELETE FROM staged_data WHERE image_id = @image", new { image = data.ImageId.ToString() });
        await scope.ExecuteAsync("""
            INSERT INTO staged_data (blob_id, image_id, size, virtual_size, checksum, hash_algorithm, hash_value, disk_format, container_format, properties, refusal, digests, prepared, created_at)
            VALUES (@blob, @image, @Size, @VirtualSize, @Checksum, @hashAlgorithm, @hashValue, @DiskFormat, @ContainerFormat, @properties, @Refusal, @digests, @IsPrepared, @now)
            """, new
        {
            blob = data.BlobId.ToString(),
            image = data.ImageId.ToString(),
            data.Size,
            data.VirtualSize,
            data.Checksum,
            hashAlgorithm = data.Hash.Algorithm,
            hashValue = data.Hash.Value,
            data.DiskFormat,
            data.ContainerFormat,
            properties = JsonSerializer.Serialize(data.Properties, RowJson.Readable.IReadOnlyDictionaryStringString),
            data.Refusal,
            data.IsPrepared,
            digests = JsonSerializer.Serialize(data.Digests, RowJson.Readable.IReadOnlyDictionaryStringString),
            now = time.GetUtcNow().ToMicroseconds(),
        });
    }

    /// <summary>The names of everything that belongs in the staging area.</summary>
    public Task<IReadOnlySet<Guid>> ListIdsAsync(CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlySet<Guid>)(await db.QueryAsync<string>("SELECT blob_id FROM staged_data")).Select(Guid.Parse).ToHashSet(), ct);

    /// <summary>Removes the rows of what no import waits for any more.</summary>
    public async Task<IReadOnlyList<Guid>> RemoveRootlessAsync(CancellationToken ct)
    {
        // Looked for without holding up writers, then judged again among them.
        var found = await database.ReadAsync(async db => (await db.QueryAsync<string>($"SELECT blob_id FROM staged_data s WHERE {Rootless}")).ToArray(), ct);
        if (found.Length == 0)
            return [];
        return await database.WriteAsync(async scope =>
        {
            var removed = new List<Guid>();
            foreach (var id in found)
            {
                if (await scope.ExecuteAsync($"DELETE FROM staged_data AS s WHERE s.blob_id = @id AND {Rootless}", new { id }) == 1)
                    removed.Add(Guid.Parse(id));
            }

            return (IReadOnlyList<Guid>)removed;
        }, ct);
    }

    private static async Task<StagedData?> FindAsync(IDbConnection db, IDbTransaction? transaction, Guid imageId) =>
        (await db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM staged_data WHERE image_id = @image", new { image = imageId.ToString() }, transaction))?.ToData();

    private sealed class Row
    {
        public string BlobId { get; init; } = "";
        public string ImageId { get; init; } = "";
        public long Size { get; init; }
        public long? VirtualSize { get; init; }
        public string Checksum { get; init; } = "";
        public string HashAlgorithm { get; init; } = "";
        public string HashValue { get; init; } = "";
        public string? DiskFormat { get; init; }
        public string? ContainerFormat { get; init; }
        public string Properties { get; init; } = "{}";
        public string? Refusal { get; init; }
        public string Digests { get; init; } = "{}";
        public bool IsPrepared { get; init; }

        public StagedData ToData() => new(Guid.Parse(BlobId), Guid.Parse(ImageId), Size, VirtualSize, Checksum, new ImageHash(HashAlgorithm, HashValue), DiskFormat, ContainerFormat,
            JsonSerializer.Deserialize(Properties, RowJson.Default.IReadOnlyDictionaryStringString)!, Refusal)
        {
            IsPrepared = IsPrepared,
            Digests = JsonSerializer.Deserialize(Digests, RowJson.Default.IReadOnlyDictionaryStringString)!,
        };
    }
}
