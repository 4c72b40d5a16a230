using Dapper;
using Tintype.Platform.Database;

namespace Tintype.Images.Chunks;

/// <summary>What was done last to a store: <c>collection</c>, <c>trial</c> (a dry run) or <c>scrub</c>.</summary>
/// <param name="FinishedAt">Null while it runs, or waits to be resumed.</param>
/// <param name="Outcome">JSON that only its kind reads.</param>
internal sealed record ChunkCare(string Store, string Kind, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, string Outcome);

internal sealed class ChunkCareRepository(MetadataDatabase database)
{
    public const string Collection = "collection";
    public const string Trial = "trial";
    public const string Scrub = "scrub";

    public Task<ChunkCare?> FindAsync(string store, string kind, CancellationToken ct) => database.ReadAsync(async db =>
        (await db.QuerySingleOrDefaultAsync<Row>("""
            SELECT started_at AS StartedAt, finished_at AS FinishedAt, outcome AS Outcome FROM chunk_care WHERE store = @store AND kind = @kind
            """, new { store, kind }))?.ToCare(store, kind), ct);

    public Task SaveAsync(ChunkCare care, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync("""
        INSERT INTO chunk_care (store, kind, started_at, finished_at, outcome) VALUES (@Store, @Kind, @started, @finished, @Outcome)
        ON CONFLICT (store, kind) DO UPDATE SET started_at = @started, finished_at = @finished, outcome = @Outcome
        """, new { care.Store, care.Kind, started = care.StartedAt.ToMicroseconds(), finished = care.FinishedAt?.ToMicroseconds(), care.Outcome }), ct);

    private sealed class Row
    {
        public long StartedAt { get; init; }
        public long? FinishedAt { get; init; }
        public string Outcome { get; init; } = "";

        public ChunkCare ToCare(string store, string kind) => new(store, kind, Timestamp.FromMicroseconds(StartedAt),
            FinishedAt is { } at ? Timestamp.FromMicroseconds(at) : null, Outcome);
    }
}
