using System.Data;
using System.Text;
using Dapper;
using Tintype.Platform.Database;

namespace Tintype.Platform.Tasks;

/// <summary>
/// Every change of a task's state counts <c>revision</c> on and beats the pulse, so that whoever follows tasks misses none. What a task
/// runs as is written by the process that holds its lease alone.
/// </summary>
internal sealed class TaskRepository(MetadataDatabase database, TimeProvider time)
{
    private const string Columns = """
        id AS Id, kind AS Kind, state AS State, subject_id AS SubjectId, project_id AS ProjectId, user_id AS UserId,
        request_id AS RequestId, payload AS Payload, progress AS Progress, step AS Step, bytes_done AS BytesDone, bytes_total AS BytesTotal,
        reason AS Reason, cancel_reason AS CancelReason, revision AS Revision,
        created_at AS CreatedAt, started_at AS StartedAt, finished_at AS FinishedAt
        """;

    private const string NextRevision = "(SELECT COALESCE(MAX(revision), 0) + 1 FROM tasks)";

    private readonly string _me = Guid.NewGuid().ToString();

    public TaskPulse Pulse { get; } = new();

    public async Task<Guid> InsertAsync(WriteScope scope, NewTask task)
    {
        var id = Guid.NewGuid();
        await scope.ExecuteAsync($"""
            INSERT INTO tasks (id, kind, state, subject_id, project_id, user_id, request_id, payload, created_at, revision)
            VALUES (@id, @Kind, 'pending', @subject, @ProjectId, @UserId, @RequestId, @Payload, @now, {NextRevision})
            """, new { id = id.ToString(), task.Kind, subject = task.SubjectId.ToString(), task.ProjectId, task.UserId, task.RequestId, task.Payload, now = Now });
        scope.AfterCommit(Pulse.Beat);
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

    /// <summary>What has not ended, with who is at it.</summary>
    public Task<IReadOnlyList<TaskLease>> ListLeasesAsync(CancellationToken ct) => database.ReadAsync(async db => (IReadOnlyList<TaskLease>)
        [.. (await db.QueryAsync<LeaseRow>(
            "SELECT id AS Id, state AS State, runner AS Runner, lease AS Count, cancel_reason AS CancelReason FROM tasks WHERE state IN ('pending', 'running') ORDER BY created_at, id"))
            .Select(row => row.ToLease())], ct);

    /// <summary>Takes a pending task to run it.</summary>
    /// <returns>Null if it is not to be run any more: it was cancelled, or another process was faster.</returns>
    public Task<TaskRecord?> StartAsync(Guid id, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        scope.AfterCommit(Pulse.Beat);
        return (await scope.SingleOrDefaultAsync<Row>($"""
            UPDATE tasks SET state = 'running', started_at = @now, runner = @me, lease = 0, revision = {NextRevision}
            WHERE id = @id AND state = 'pending' AND cancel_reason IS NULL RETURNING {Columns}
            """, new { id = id.ToString(), now = Now, me = _me }))?.ToRecord();
    }, ct);

    /// <summary>Says that this process still runs the tasks, and how far each is, in one transaction.</summary>
    /// <returns>Those that it does not hold any more.</returns>
    public Task<IReadOnlyList<Guid>> RenewAsync(IReadOnlyList<(Guid Id, TaskProgress Progress)> running, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var lost = new List<Guid>();
        foreach (var (id, progress) in running)
        {
            if (await scope.ExecuteAsync("""
                UPDATE tasks SET lease = lease + 1, progress = @Percent, step = @Step, bytes_done = @BytesDone, bytes_total = @BytesTotal
                WHERE id = @id AND state = 'running' AND runner = @me
                """, new { id = id.ToString(), me = _me, progress.Percent, progress.Step, progress.BytesDone, progress.BytesTotal }) == 0)
                lost.Add(id);
        }

        return (IReadOnlyList<Guid>)lost;
    }, ct);

    /// <summary>Takes a running task away from whoever had it when the lease was seen.</summary>
    /// <returns>Null if it has renewed the lease since, or the task has ended.</returns>
    public Task<TaskRecord?> ClaimAsync(TaskLease lease, CancellationToken ct) => database.WriteAsync(async scope => (await scope.SingleOrDefaultAsync<Row>($"""
        UPDATE tasks SET runner = @me, lease = lease + 1 WHERE id = @id AND state = 'running' AND runner IS @Runner AND lease = @Count RETURNING {Columns}
        """, new { id = lease.Id.ToString(), me = _me, lease.Runner, lease.Count }))?.ToRecord(), ct);

    public Task ReturnToPendingAsync(Guid id, CancellationToken ct) => database.WriteAsync(scope =>
    {
        scope.AfterCommit(Pulse.Beat);
        return scope.ExecuteAsync(
            $"UPDATE tasks SET state = 'pending', progress = 0, step = NULL, bytes_done = NULL, bytes_total = NULL, runner = NULL, revision = {NextRevision} WHERE id = @id", new { id = id.ToString() });
    }, ct);

    /// <returns>False if it has ended, or somebody has asked before.</returns>
    public Task<bool> AskToCancelAsync(Guid id, string reason, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        scope.AfterCommit(Pulse.Beat);
        return await scope.ExecuteAsync(
            $"UPDATE tasks SET cancel_reason = @reason, revision = {NextRevision} WHERE id = @id AND state IN ('pending', 'running') AND cancel_reason IS NULL", new { id = id.ToString(), reason }) > 0;
    }, ct);

    public Task FinishAsync(Guid id, TaskState state, string? reason, CancellationToken ct) => FinishAsync(id, state, reason, null, ct);

    /// <summary>Nothing if it has ended, or another process holds it by now.</summary>
    /// <param name="progress">How far it had come; as the database has it if null.</param>
    public Task FinishAsync(Guid id, TaskState state, string? reason, TaskProgress? progress, CancellationToken ct) => database.WriteAsync(scope =>
    {
        scope.AfterCommit(Pulse.Beat);
        return scope.ExecuteAsync($"""
            UPDATE tasks SET state = @state, reason = @reason, finished_at = @now, revision = {NextRevision},
                progress = CASE @state WHEN 'success' THEN 100 ELSE COALESCE(@percent, progress) END,
                step = COALESCE(@step, step), bytes_done = COALESCE(@done, bytes_done), bytes_total = COALESCE(@total, bytes_total)
            WHERE id = @id AND state IN ('pending', 'running') AND (runner IS NULL OR runner = @me)
            """, new
        {
            id = id.ToString(),
            state = Word(state),
            reason,
            now = Now,
            me = _me,
            percent = progress?.Percent,
            step = progress?.Step,
            done = progress?.BytesDone,
            total = progress?.BytesTotal,
        });
    }, ct);

    /// <exception cref="Http.Fault">400: there is no such marker.</exception>
    public async Task<IReadOnlyList<TaskRecord>> ListAsync(TaskQuery query, CancellationToken ct)
    {
        var marker = query.Marker is not { } id ? null
            : await FindAsync(id, ct) is { } found && (query.ProjectId is null || found.ProjectId == query.ProjectId) ? found
            : throw Http.Fault.BadRequest($"The marker {id} is no task; it is the id of the last task of the page before.");
        var (order, beyond) = query.OldestFirst ? ("ASC", ">") : ("DESC", "<");
        var sql = new StringBuilder($"SELECT {Columns} FROM tasks WHERE 1 = 1");
        // Written only where it is asked for: the planner takes the index of what is there.
        if (query.ProjectId is not null)
            sql.Append(" AND project_id = @ProjectId");
        if (query.SubjectId is not null)
            sql.Append(" AND subject_id = @subject");
        if (query.Kinds.Count > 0)
            sql.Append(" AND kind IN @Kinds");
        if (query.States.Count > 0)
            sql.Append(" AND state IN @states");
        if (query.EndedSince is not null)
            sql.Append(" AND (finished_at IS NULL OR finished_at >= @since)");
        if (marker is not null)
            sql.Append($" AND (created_at, id) {beyond} (@at, @marker)");
        sql.Append($" ORDER BY created_at {order}, id {order} LIMIT @Limit");
        return await ListAsync(sql.ToString(), new
        {
            query.ProjectId,
            subject = query.SubjectId?.ToString(),
            query.Kinds,
            states = query.States.Select(Word),
            since = query.EndedSince?.ToMicroseconds(),
            at = marker?.CreatedAt.ToMicroseconds(),
            marker = marker?.Id.ToString(),
            query.Limit,
        }, ct);
    }

    /// <summary>The revision of the newest change; 0 if there is no task.</summary>
    public Task<long> RevisionAsync(CancellationToken ct) =>
        database.ReadAsync(db => db.ExecuteScalarAsync<long>("SELECT COALESCE(MAX(revision), 0) FROM tasks"), ct);

    /// <summary>What has changed after one revision and up to another, in that order, as it is now.</summary>
    /// <param name="projectId">Of this project alone; of all if null.</param>
    public Task<IReadOnlyList<TaskRecord>> ListChangedAsync(long after, long upTo, string? projectId, bool unendedOnly, int limit, CancellationToken ct) => ListAsync($"""
        SELECT {Columns} FROM tasks WHERE revision > @after AND revision <= @upTo{(projectId is null ? "" : " AND project_id = @projectId")}{
            (unendedOnly ? " AND state IN ('pending', 'running')" : "")} ORDER BY revision LIMIT @limit
        """, new { after, upTo, projectId, limit }, ct);

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
        public string? Step { get; init; }
        public long? BytesDone { get; init; }
        public long? BytesTotal { get; init; }
        public string? Reason { get; init; }
        public string? CancelReason { get; init; }
        public long Revision { get; init; }
        public long CreatedAt { get; init; }
        public long? StartedAt { get; init; }
        public long? FinishedAt { get; init; }

        public TaskRecord ToRecord() => new(Guid.Parse(Id), Kind, Enum.Parse<TaskState>(State, ignoreCase: true), Guid.Parse(SubjectId),
            ProjectId, UserId, RequestId, Payload, Progress, Reason, Timestamp.FromMicroseconds(CreatedAt),
            StartedAt is { } s ? Timestamp.FromMicroseconds(s) : null, FinishedAt is { } f ? Timestamp.FromMicroseconds(f) : null)
        {
            Step = Step,
            BytesDone = BytesDone,
            BytesTotal = BytesTotal,
            CancelReason = CancelReason,
            Revision = Revision,
        };
    }

    private sealed class LeaseRow
    {
        public string Id { get; init; } = "";
        public string State { get; init; } = "";
        public string? Runner { get; init; }
        public long Count { get; init; }
        public string? CancelReason { get; init; }

        public TaskLease ToLease() => new(Guid.Parse(Id), Enum.Parse<TaskState>(State, ignoreCase: true), Runner, Count, CancelReason is not null);
    }
}

/// <summary>Who is at a task that has not ended.</summary>
/// <param name="Runner">The process that runs it; null of one that is pending, or was begun before there were leases.</param>
/// <param name="Count">How often that process has said so.</param>
internal sealed record TaskLease(Guid Id, TaskState State, string? Runner, long Count, bool IsToBeCancelled);
