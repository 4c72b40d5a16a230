using Dapper;
using Tintype.Platform.Database;

namespace Tintype.Server.Demo;

/// <summary>Remembers which pieces of the demo cloud have been made.</summary>
internal sealed class DemoPieces(MetadataDatabase database, TimeProvider time)
{
    public Task<bool> IsMadeAsync(string name, CancellationToken ct) => database.ReadAsync(async db =>
        await db.ExecuteScalarAsync<long>("SELECT count(*) FROM demo_pieces WHERE name = @name AND made_at IS NOT NULL", new { name }) > 0, ct);

    /// <summary>What was begun; null if nothing was.</summary>
    public Task<string?> FindSubjectAsync(string name, CancellationToken ct) => database.ReadAsync(db =>
        db.QuerySingleOrDefaultAsync<string>("SELECT subject_id FROM demo_pieces WHERE name = @name", new { name }), ct);

    /// <param name="subjectId">What is about to be made, to be found again if this start does not get to the end of it.</param>
    public Task BeginAsync(string name, string subjectId, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync("""
        INSERT INTO demo_pieces (name, subject_id) VALUES (@name, @subjectId) ON CONFLICT (name) DO UPDATE SET subject_id = @subjectId
        """, new { name, subjectId }), ct);

    public Task MarkMadeAsync(string name, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync("""
        INSERT INTO demo_pieces (name, made_at) VALUES (@name, @now) ON CONFLICT (name) DO UPDATE SET made_at = @now
        """, new { name, now = time.GetUtcNow().ToMicroseconds() }), ct);
}
