using Dapper;
using Tintype.Platform.Database;

namespace Tintype.Compute.Servers;

/// <summary>What was done to a server, by whom, and how it ended.</summary>
internal sealed record ServerActionRecord(
    string Action, string RequestId, string ProjectId, string UserId, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, string? Failure)
{
    public DateTimeOffset UpdatedAt => FinishedAt ?? StartedAt;
}

internal sealed class ServerActionRepository(MetadataDatabase database, TimeProvider time)
{
    private const string Columns = """
        action AS Action, request_id AS RequestId, project_id AS ProjectId, user_id AS UserId, started_at AS StartedAt,
        finished_at AS FinishedAt, failure AS Failure
        """;

    /// <summary>An action has begun. In the transaction that holds the server.</summary>
    public Task BeginAsync(WriteScope scope, Guid serverId, string action, string requestId, string projectId, string userId) =>
        scope.ExecuteAsync("""
            INSERT INTO server_actions (id, server_id, action, request_id, project_id, user_id, started_at)
            VALUES (@id, @server, @action, @requestId, @projectId, @userId, @now)
            ON CONFLICT (server_id, request_id, action) DO NOTHING
            """, new { id = Guid.NewGuid().ToString(), server = serverId.ToString(), action, requestId, projectId, userId, now = Now });

    /// <summary>
    /// An action has ended; it is written down whole if its beginning was not, and an end that is written down already stays.
    /// No error if the server has gone.
    /// </summary>
    public Task EndAsync(Guid serverId, string action, string requestId, string userId, string? failure, CancellationToken ct) =>
        database.WriteAsync(scope => EndAsync(scope, serverId, action, requestId, userId, failure), ct);

    public Task EndAsync(WriteScope scope, Guid serverId, string action, string requestId, string userId, string? failure) => scope.ExecuteAsync("""
        INSERT INTO server_actions (id, server_id, action, request_id, project_id, user_id, started_at, finished_at, failure)
        SELECT @id, id, @action, @requestId, project_id, @userId, @now, @now, @failure FROM servers WHERE id = @server
        ON CONFLICT (server_id, request_id, action) DO UPDATE SET finished_at = @now, failure = @failure WHERE server_actions.finished_at IS NULL
        """, new { id = Guid.NewGuid().ToString(), server = serverId.ToString(), action, requestId, userId, failure, now = Now });

    /// <summary>Newest first.</summary>
    public Task<IReadOnlyList<ServerActionRecord>> ListAsync(Guid serverId, CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<ServerActionRecord>)[.. (await db.QueryAsync<Row>(
            $"SELECT {Columns} FROM server_actions WHERE server_id = @id ORDER BY started_at DESC, id DESC", new { id = serverId.ToString() }))
            .Select(r => r.ToRecord())], ct);

    private long Now => time.GetUtcNow().ToMicroseconds();

    private sealed class Row
    {
        public string Action { get; init; } = "";
        public string RequestId { get; init; } = "";
        public string ProjectId { get; init; } = "";
        public string UserId { get; init; } = "";
        public long StartedAt { get; init; }
        public long? FinishedAt { get; init; }
        public string? Failure { get; init; }

        public ServerActionRecord ToRecord() => new(Action, RequestId, ProjectId, UserId, Timestamp.FromMicroseconds(StartedAt),
            FinishedAt is { } at ? Timestamp.FromMicroseconds(at) : null, Failure);
    }
}
