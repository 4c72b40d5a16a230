using Dapper;
using Tintype.Platform.Database;

namespace Tintype.Server.Demo;

/// <summary>Remembers which pieces of the demo cloud have been made.</summary>
internal sealed class DemoPieces(MetadataDatabase database, TimeProvider time)
{
    public Task<bool> IsMadeAsync(string name, CancellationToken ct) => database.ReadAsync(async db =>
        await db.ExecuteScalarAsync<long>("SELECT count(*) FROM demo_pieces WHERE name = @name AND made_at IS NOT NULL", new { name }) > 0, ct);

    public Task MarkMadeAsync(string name, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync("""
        INSERT INTO demo_pieces (name, made_at) VALUES (@name, @now) ON CONFLICT (name) DO UPDATE SET made_at = @now
        """, new { name, now = time.GetUtcNow().ToMicroseconds() }), ct);
}
