using System.Data;
using Dapper;
using Tintype.Images.Data;
using Tintype.Platform.Database;
using Tintype.Snapshots.Preflight;

namespace Tintype.Snapshots.Capture;

/// <summary>A snapshot under way, as the database has it.</summary>
/// <param name="TaskId">Null until the image is there and the work is queued.</param>
/// <param name="Plan">Null until it has been decided.</param>
internal sealed record SnapshotRecord(Guid ImageId, Guid ServerId, Guid? TaskId, CapturePlan? Plan);

/// <summary>What a snapshot goes by.</summary>
/// <param name="BasisId">The stored disk that all that has not changed is taken from.</param>
/// <param name="Bitmaps">Null if the guest was off.</param>
/// <param name="Captured">Null until the point in time is fixed and the guest thawed.</param>
internal sealed record CapturePlan(Guid BasisId, FleeceBitmaps? Bitmaps, CapturedState? Captured);

/// <param name="Frozen">How long the guest's file systems were frozen; null if they were not.</param>
internal sealed record CapturedState(Consistency Consistency, TimeSpan? Frozen);

internal sealed class SnapshotRepository(MetadataDatabase database, IBlobReferences blobs, TimeProvider time)
{
    private const string Columns = """
        image_id AS ImageId, server_id AS ServerId, task_id AS TaskId, consistency AS Consistency, frozen_us AS FrozenUs,
        frozen_bitmap AS FrozenBitmap, next_bitmap AS NextBitmap, basis_id AS BasisId
        """;

    public Task InsertAsync(WriteScope scope, Guid imageId, Guid serverId) => scope.ExecuteAsync(
        "INSERT INTO snapshots (image_id, server_id, created_at) VALUES (@image, @server, @now)",
        new { image = imageId.ToString(), server = serverId.ToString(), now = time.GetUtcNow().ToMicroseconds() });

    public Task SetTaskAsync(WriteScope scope, Guid imageId, Guid taskId) => scope.ExecuteAsync(
        "UPDATE snapshots SET task_id = @task WHERE image_id = @image", new { image = imageId.ToString(), task = taskId.ToString() });

    /// <summary>Notes what the snapshot goes by, and holds the basis until the snapshot is over.</summary>
    public Task SetPlanAsync(Guid imageId, Guid basisId, FleeceBitmaps? bitmaps, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        await scope.ExecuteAsync("UPDATE snapshots SET basis_id = @basis, frozen_bitmap = @Frozen, next_bitmap = @Next WHERE image_id = @image",
            new { image = imageId.ToString(), basis = basisId.ToString(), bitmaps?.Frozen, bitmaps?.Next });
        await blobs.HoldBlobAsync(scope, basisId, HolderOf(imageId));
    }, ct);

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

    public Task DeleteAsync(Guid imageId, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        await scope.ExecuteAsync("DELETE FROM snapshots WHERE image_id = @id", new { id = imageId.ToString() });
        await blobs.ReleaseAsync(scope, HolderOf(imageId));
    }, ct);

    private static BlobHolder HolderOf(Guid imageId) => new("snapshot", imageId);

    private sealed class Row
    {
        public string ImageId { get; init; } = "";
        public string ServerId { get; init; } = "";
        public string? TaskId { get; init; }
        public string? Consistency { get; init; }
        public long? FrozenUs { get; init; }
        public string? FrozenBitmap { get; init; }
        public string? NextBitmap { get; init; }
        public string? BasisId { get; init; }

        public SnapshotRecord ToRecord() => new(Guid.Parse(ImageId), Guid.Parse(ServerId), TaskId is null ? null : Guid.Parse(TaskId),
            BasisId is null ? null : new CapturePlan(Guid.Parse(BasisId), NextBitmap is null ? null : new FleeceBitmaps(FrozenBitmap, NextBitmap), Captured()));

        private CapturedState? Captured() =>
            Consistency is null ? null : new CapturedState(ConsistencyWords.Parse(Consistency), FrozenUs is { } us ? TimeSpan.FromMicroseconds(us) : null);
    }
}
