using System.Data;
using Dapper;
using Tintype.Platform.Database;

namespace Tintype.Snapshots.Verification;

internal sealed class VerificationRepository(MetadataDatabase database, TimeProvider time)
{
    private const string Columns = """
        image_id AS ImageId, task_id AS TaskId, verdict AS Verdict, reached AS Reached, reason AS Reason,
        started_at AS StartedAt, finished_at AS FinishedAt, boot_us AS BootUs
        """;

    public Task<VerificationRecord?> FindAsync(Guid imageId, CancellationToken ct) => database.ReadAsync(async db =>
        (await db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM verifications WHERE image_id = @id", new { id = imageId.ToString() }))?.ToRecord(), ct);

    public async Task<VerificationRecord?> FindAsync(WriteScope scope, Guid imageId) =>
        (await scope.SingleOrDefaultAsync<Row>($"SELECT {Columns} FROM verifications WHERE image_id = @id", new { id = imageId.ToString() }))?.ToRecord();

    public Task<IReadOnlyList<Guid>> ListImagesAsync(CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<Guid>)[.. (await db.QueryAsync<string>("SELECT image_id FROM verifications ORDER BY image_id")).Select(Guid.Parse)], ct);

    /// <summary>Begins a verification; the former one of the image is forgotten.</summary>
    public Task BeginAsync(WriteScope scope, Guid imageId, Guid taskId) => scope.ExecuteAsync("""
        INSERT INTO verifications (image_id, task_id, verdict, started_at) VALUES (@image, @task, 'running', @now)
        ON CONFLICT (image_id) DO UPDATE SET task_id = @task, verdict = 'running', reached = NULL, reason = NULL, started_at = @now, finished_at = NULL, boot_us = NULL
        """, new { image = imageId.ToString(), task = taskId.ToString(), now = time.GetUtcNow().ToMicroseconds() });

    public Task FinishAsync(Guid imageId, BootOutcome outcome, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync(
        "UPDATE verifications SET verdict = @verdict, reached = @reached, reason = @reason, finished_at = @now, boot_us = @took WHERE image_id = @image", new
        {
            image = imageId.ToString(),
            verdict = outcome.Verdict.ToWord(),
            reached = outcome.Reached.ToWord(),
            reason = outcome.Reason,
            took = (long)outcome.Took.TotalMicroseconds,
            now = time.GetUtcNow().ToMicroseconds(),
        }), ct);

    public Task DeleteAsync(Guid imageId, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync(
        "DELETE FROM verifications WHERE image_id = @id", new { id = imageId.ToString() }), ct);

    private sealed class Row
    {
        public string ImageId { get; init; } = "";
        public string TaskId { get; init; } = "";
        public string Verdict { get; init; } = "";
        public string? Reached { get; init; }
        public string? Reason { get; init; }
        public long StartedAt { get; init; }
        public long? FinishedAt { get; init; }
        public long? BootUs { get; init; }

        public VerificationRecord ToRecord() => new(Guid.Parse(ImageId), Guid.Parse(TaskId), VerdictWords.ParseVerdict(Verdict),
            Reached is null ? null : VerdictWords.ParseMilestone(Reached), Reason, Timestamp.FromMicroseconds(StartedAt),
            FinishedAt is { } f ? Timestamp.FromMicroseconds(f) : null, BootUs is { } us ? TimeSpan.FromMicroseconds(us) : null);
    }
}
