using System.Data;
using Dapper;
using Tintype.Platform.Database;
using Tintype.Snapshots.Preflight;

namespace Tintype.Snapshots.Capture;

/// <summary>A snapshot under way, as the database has it.</summary>
/// <param name="TaskId">Null until the image is there and the work is queued.</param>
/// <param name="Captured">Null until the copy is complete and needs the guest no more.</param>
internal sealed record SnapshotRecord(Guid ImageId, Guid ServerId, Guid? TaskId, CapturedState? Captured);

/// <param name="Frozen">How long the guest's file systems were frozen; null if they were not.</param>
internal sealed record CapturedState(Consistency Consistency, TimeSpan? Frozen);

internal sealed class SnapshotRepository(MetadataDatabase database, TimeProvider time)
{
    private const string Columns = """
        image_id AS ImageId, server_id AS ServerId, task_id AS TaskId, consistency AS Consistency, frozen_us AS FrozenUs
        """;

    public Task InsertAsync(WriteScope scope, Guid imageId, Guid serverId) => scope.ExecuteAsync(
        "INSERT INTO snapshots (image_id, server_id, created_at) VALUES (@image, @server, @now)",
        new { image = imageId.ToString(), server = serverId.ToString(), now = time.GetUtcNow().ToMicroseconds() });

    public Task SetTaskAsync(WriteScope scope, Guid imageId, Guid taskId) => scope.ExecuteAsync(
        "UPDATE snapshots SET task_id = @task WHERE image_id = @image", new { image = imageId.ToString(), task = taskId.ToString() });

    public Task SetCapturedAsync(Guid imageId, CapturedState captured, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync(
        "UPDATE snapshots SET consistency = @consistency, frozen_us = @frozen WHERE image_id = @image", new
        {
            image = imageId.ToString(),
            consistency = captured.Consistency.ToWord(),
            frozen = captured.Frozen is { } f ? (long?)f.TotalMicroseconds : null,
        }), ct);

    public Task<SnapshotRecord?> FindAsync(Guid imageId, CancellationToken ct) => database.ReadAsync(async db =>
        (await db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM snapshots WHERE image_id = @id", new { id = imageId.ToString() }))?.ToRecord(), ct);

    /// <summary>Oldest first.</summary>
    public Task<IReadOnlyList<SnapshotRecord>> ListAsync(CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<SnapshotRecord>)[.. (await db.QueryAsync<Row>($"SELECT {Columns} FROM snapshots ORDER BY created_at, image_id")).Select(r => r.ToRecord())], ct);

    public Task DeleteAsync(Guid imageId, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync(
        "DELETE FROM snapshots WHERE image_id = @id", new { id = imageId.ToString() }), ct);

    private sealed class Row
    {
        public string ImageId { get; init; } = "";
        public string ServerId { get; init; } = "";
        public string? TaskId { get; init; }
        public string? Consistency { get; init; }
        public long? FrozenUs { get; init; }

        public SnapshotRecord ToRecord() => new(Guid.Parse(ImageId), Guid.Parse(ServerId), TaskId is null ? null : Guid.Parse(TaskId),
            Consistency is null ? null : new CapturedState(ConsistencyWords.Parse(Consistency), FrozenUs is { } us ? TimeSpan.FromMicroseconds(us) : null));
    }
}
