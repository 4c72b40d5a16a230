using System.Data;
using Dapper;
using Tintype.Platform.Database;

namespace Tintype.Platform.Tasks;

internal sealed class TaskRepository(MetadataDatabase database, TimeProvider time)
{
    private const string Columns = """
        id AS Id, kind AS Kind, state AS State, subject_id AS SubjectId, project_id AS ProjectId, user_id AS UserId,
        request_id AS RequestId, payload AS Payload, progress AS Progress, reason AS Reason,
        created_at AS CreatedAt, started_at AS StartedAt, finished_at AS FinishedAt
        """;

    public async Task<Guid> InsertAsync(WriteScope scope, NewTask task)
    {
        var id = Guid.NewGuid();
        await scope.ExecuteAsync("""
            INSERT INTO tasks (id, kind, state, subject_id, project_id, user_id, request_id, payload, created_at)
            VALUES (@id, @Kind, 'pending', @subject, @ProjectId, @UserId, @RequestId, @Payload, @now)
            """, new { id = id.ToString(), task.Kind, subject = task.SubjectId.ToString(), task.ProjectId, task.UserId, task.RequestId, task.Payload, now = Now });
        return id;
    }

    public Task<TaskRecord?> FindAsync(Guid id, CancellationToken ct) => database.ReadAsync(async db =>
        (await db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM tasks WHERE id = @id", new { id = id.ToString() }))?.ToRecord(), ct);

    /// <summary>Newest first.</summary>
    public Task<IReadOnlyList<TaskRecord>> ListAboutAsync(Guid subjectId, CancellationToken ct) => ListAsync(
        $"SELECT {Columns} FROM tasks WHERE subject_id = @id ORDER BY created_at DESC, id DESC", new { id = subjectId.ToString() }, ct);

    /// <summary>Oldest first.</summary>
    public Task<IReadOnlyList<TaskRecord>> ListInStateAsync(TaskState state, CancellationToken ct) => ListAsync(
        $"SELECT {Columns} FROM tasks WHERE state = @state ORDER BY created_at, id", new { state = Word(state) }, ct);

    public Task StartAsync(Guid id, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync(
        "UPDATE tasks SET state = 'running', started_at = @now WHERE id = @id", new { id = id.ToString(), now = Now }), ct);

    public Task ReturnToPendingAsync(Guid id, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync(
        "UPDATE tasks SET state = 'pending', progress = 0 WHERE id = @id", new { id = id.ToString() }), ct);

    public Task ProgressAsync(Guid id, int percent, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync(
        "UPDATE tasks SET progress = @percent WHERE id = @id", new { id = id.ToString(), percent }), ct);

    public Task FinishAsync(Guid id, TaskState state, string? reason, CancellationToken ct) => database.WriteAsync(scope => scope.ExecuteAsync(
        "UPDATE tasks SET state = @state, reason = @reason, finished_at = @now, progress = CASE @state WHEN 'success' THEN 100 ELSE progress END WHERE id = @id",
        new { id = id.ToString(), state = Word(state), reason, now = Now }), ct);

    /// <exception cref="Http.Fault">400: there is no such marker.</exception>
    public async Task<IReadOnlyList<TaskRecord>> ListAsync(TaskQuery query, CancellationToken ct)
    {
        var marker = query.Marker is { } id
            ? await FindAsync(id, ct) ?? throw Http.Fault.BadRequest($"The marker {id} is no task; it is the id of the last task of the page before.")
            : null;
        var (order, beyond) = query.OldestFirst ? ("ASC", ">") : ("DESC", "<");
        return await ListAsync($"""
            SELECT {Columns} FROM tasks
            WHERE kind IN @Kinds AND (@state IS NULL OR state = @state) AND (finished_at IS NULL OR finished_at >= @since)
              AND (@marker IS NULL OR (created_at, id) {beyond} (@at, @marker))
            ORDER BY created_at {order}, id {order} LIMIT @Limit
            """, new
        {
            query.Kinds,
            state = query.State is { } state ? Word(state) : null,
            since = query.EndedSince.ToMicroseconds(),
            marker = marker?.Id.ToString(),
            at = marker?.CreatedAt.ToMicroseconds(),
            query.Limit,
        }, ct);
    }

    private Task<IReadOnlyList<TaskRecord>> ListAsync(string sql, object parameters, CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<TaskRecord>)[.. (await db.QueryAsync<Row>(sql, parameters)).Select(r => r.ToRecord())], ct);

    private long Now => time.GetUtcNow().ToMicroseconds();

    internal static string Word(TaskState state) => state.ToString().ToLowerInvariant();

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string Kind { get; init; } = "";
        public string State { get; init; } = "";
        public string SubjectId { get; init; } = "";
        public string ProjectId { get; init; } = "";
        public string UserId { get; init; } = "";
        public string RequestId { get; init; } = "";
        public string Payload { get; init; } = "";
        public int Progress { get; init; }
        public string? Reason { get; init; }
        public long CreatedAt { get; init; }
        public long? StartedAt { get; init; }
        public long? FinishedAt { get; init; }

        public TaskRecord ToRecord() => new(Guid.Parse(Id), Kind, Enum.Parse<TaskState>(State, ignoreCase: true), Guid.Parse(SubjectId),
            ProjectId, UserId, RequestId, Payload, Progress, Reason, Timestamp.FromMicroseconds(CreatedAt),
            StartedAt is { } s ? Timestamp.FromMicroseconds(s) : null, FinishedAt is { } f ? Timestamp.FromMicroseconds(f) : null);
    }
}
