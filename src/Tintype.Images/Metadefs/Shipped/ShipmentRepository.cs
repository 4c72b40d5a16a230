using System.Text.Json;
using Tintype.Images.Records;
using Tintype.Platform.Database;

namespace Tintype.Images.Metadefs.Shipped;

/// <summary>What has been taken of which version of a shipped namespace.</summary>
internal sealed class ShipmentRepository(TimeProvider time)
{
    public async Task<IReadOnlyDictionary<string, int>> VersionsAsync(Statements db) =>
        (await db.QueryAsync<(string Namespace, long Version)>("SELECT namespace, version FROM metadef_shipments"))
            .ToDictionary(row => row.Namespace, row => (int)row.Version, StringComparer.Ordinal);

    /// <returns>The marks of the items that were taken; null if the namespace never was.</returns>
    public async Task<IReadOnlyList<string>?> FindAsync(Statements db, string ns) =>
        await db.SingleOrDefaultAsync<string>("SELECT items FROM metadef_shipments WHERE namespace = @ns", new { ns }) is { } items
            ? JsonSerializer.Deserialize(items, RowJson.Default.IReadOnlyListString)
            : null;

    public Task SetAsync(Statements db, string ns, int version, IReadOnlyList<string> items) => db.ExecuteAsync("""
        INSERT INTO metadef_shipments (namespace, version, items, updated_at) VALUES (@ns, @version, @items, @now)
        ON CONFLICT (namespace) DO UPDATE SET version = excluded.version, items = excluded.items, updated_at = excluded.updated_at
        """, new { ns, version, items = JsonSerializer.Serialize(items, RowJson.Readable.IReadOnlyListString), now = time.GetUtcNow().ToMicroseconds() });
}
