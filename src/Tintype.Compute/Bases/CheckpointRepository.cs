using Dapper;
using Tintype.Platform.Database;

namespace Tintype.Compute.Bases;

internal sealed class CheckpointRepository(MetadataDatabase database)
{
    /// <summary>The name of the bitmap; null if the server has had no snapshot.</summary>
    public Task<string?> FindBitmapAsync(Guid serverId, CancellationToken ct) => database.ReadAsync(db => db.ExecuteScalarAsync<string>(
        "SELECT bitmap FROM server_checkpoints WHERE server_id = @id", new { id = serverId.ToString() }), ct);

    /// <returns>False if the server has gone.</returns>
    public static async Task<bool> SetAsync(WriteScope scope, Guid serverId, string bitmap) => await scope.ExecuteAsync("""
        INSERT INTO server_checkpoints (server_id, bitmap) SELECT s.id, @bitmap FROM servers s WHERE s.id = @id
        ON CONFLICT (server_id) DO UPDATE SET bitmap = excluded.bitmap
        """, new { id = serverId.ToString(), bitmap }) == 1;
}
