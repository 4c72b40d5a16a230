using System.Text.Json;
using Dapper;
using Tintype.Platform.Database;
using Tintype.Platform.Http;

namespace Tintype.Compute.Servers;

/// <summary>The servers table. Every change of state goes through a statement that says from which states it may happen.</summary>
internal sealed class ServerRepository(MetadataDatabase database, TimeProvider time)
{
    public Task<Server?> FindAsync(Guid id, CancellationToken ct) => database.ReadAsync(async db =>
        (await db.QuerySingleOrDefaultAsync<ServerRow>($"SELECT {ServerRow.Columns} FROM servers WHERE id = @id", new { id = id.ToString() }))?.ToServer(), ct);

    /// <summary>Newest first; of one project, or of all with null. A host carries tens of servers.</summary>
    public Task<IReadOnlyList<Server>> ListAsync(string? projectId, CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<Server>)[.. (await db.QueryAsync<ServerRow>(
            $"SELECT {ServerRow.Columns} FROM servers {(projectId is null ? "" : "WHERE project_id = @projectId")} ORDER BY created_at DESC, id DESC",
            new { projectId })).Select(r => r.ToServer())], ct);

    public Task InsertAsync(WriteScope scope, Server server) => scope.ExecuteAsync(ServerRow.Insert, ServerRow.Of(server));

    /// <summary>The ssh ports and user ids that servers hold.</summary>
    public static async Task<(IReadOnlySet<int> Ports, IReadOnlySet<uint> Uids)> ListTakenAsync(WriteScope scope)
    {
        var ports = await scope.QueryAsync<int>("SELECT nic_ssh_port FROM servers WHERE nic_ssh_port IS NOT NULL");
        var uids = await scope.QueryAsync<long>("SELECT isolation_uid FROM servers");
        return (ports.ToHashSet(), uids.Select(u => (uint)u).ToHashSet());
    }

    public static async Task<int> CountAsync(WriteScope scope, string projectId) =>
        (await scope.QueryAsync<int>("SELECT COUNT(*) FROM servers WHERE project_id = @projectId", new { projectId }))[0];

    /// <summary>Gives the server to one operation: it must be in an allowed state and held by none.</summary>
    /// <exception cref="Fault">404 or 409, in Nova's words.</exception>
    public async Task<Server> BeginTaskAsync(WriteScope scope, Guid id, string taskState, IReadOnlyCollection<VmState> allowed, string? action = null)
    {
        var changed = await scope.ExecuteAsync(
            "UPDATE servers SET task_state = @taskState, updated_at = @now WHERE id = @id AND task_state IS NULL AND vm_state IN @allowed",
            new { id = id.ToString(), taskState, now = Now, allowed = allowed.Select(ServerStates.Word) });
        var server = await FindAsync(scope, id) ?? throw Fault.ServerNotFound(id);
        return changed == 1 ? server
            : throw ServerStates.Conflict(action ?? ServerStates.ActionOf(taskState), id, server.State, server.TaskState, allowed);
    }

    /// <summary>Marks the server as being deleted, whatever it is doing. False when that is under way already, or it has gone.</summary>
    public async Task<bool> BeginDeleteAsync(WriteScope scope, Guid id) => await scope.ExecuteAsync(
        "UPDATE servers SET task_state = 'deleting', updated_at = @now WHERE id = @id AND task_state IS NOT 'deleting'",
        new { id = id.ToString(), now = Now }) == 1;

    /// <summary>The operation that holds the server goes on to its next step, or with null ends. A deletion is not to be undone.</summary>
    public Task SetTaskStateAsync(Guid id, string? taskState, CancellationToken ct) => ChangeAsync(
        "task_state = @taskState", "task_state IS NOT 'deleting'", new { id = id.ToString(), taskState, now = Now }, ct);

    /// <summary>The guest runs. An operation that still holds the server keeps it, unless it was one that ends with this.</summary>
    public Task MarkRunningAsync(Guid id, CancellationToken ct) => ChangeAsync("""
        vm_state = 'active', last_stop = 'none', admin_password = NULL, fault_code = NULL, fault_message = NULL, fault_at = NULL,
        launched_at = COALESCE(launched_at, @now),
        task_state = CASE WHEN task_state IN ('scheduling', 'spawning', 'powering-on', 'rebooting', 'rebooting_hard') THEN NULL ELSE task_state END
        """, "vm_state <> 'deleted'", new { id = id.ToString(), now = Now }, ct);

    /// <summary>The guest has ended, however it did.</summary>
    /// <param name="fault">Why, when it was not meant to.</param>
    public Task MarkStoppedAsync(Guid id, LastStop how, string? fault, CancellationToken ct) => ChangeAsync("""
        vm_state = 'stopped', last_stop = @how, fault_code = @code, fault_message = @fault, fault_at = @at,
        task_state = CASE WHEN task_state IN ('powering-off', 'rebooting', 'rebooting_hard') THEN NULL ELSE task_state END
        """, "vm_state IN ('active', 'stopped')", new
    {
        id = id.ToString(), now = Now, how = how.ToString().ToLowerInvariant(), fault, code = fault is null ? (int?)null : 500,
        at = fault is null ? (long?)null : Now,
    }, ct);

    /// <summary>What failed left the server as it was, with the reason; the operation ends.</summary>
    public Task MarkFaultAsync(Guid id, string fault, CancellationToken ct) => ChangeAsync(
        "fault_code = 500, fault_message = @fault, fault_at = @now, task_state = NULL", "task_state IS NOT 'deleting'",
        new { id = id.ToString(), now = Now, fault }, ct);

    /// <summary>The build came to nothing; only the row stays.</summary>
    public Task MarkBuildFailedAsync(WriteScope scope, Guid id, string fault) => scope.ExecuteAsync("""
        UPDATE servers SET vm_state = 'error', admin_password = NULL, fault_code = 500, fault_message = @fault, fault_at = @now, updated_at = @now,
               task_state = CASE WHEN task_state = 'deleting' THEN task_state END
        WHERE id = @id AND vm_state = 'building'
        """, new { id = id.ToString(), now = Now, fault });

    /// <summary>The deletion came to nothing: no operation holds the server any more, and it can be deleted again, as in Nova.</summary>
    public Task MarkDeleteFailedAsync(WriteScope scope, Guid id, string fault) => scope.ExecuteAsync("""
        UPDATE servers SET vm_state = 'error', task_state = NULL, fault_code = 500, fault_message = @fault, fault_at = @now, updated_at = @now
        WHERE id = @id AND task_state = 'deleting'
        """, new { id = id.ToString(), now = Now, fault });

    /// <summary>An administrator's word: the state as told, and no operation.</summary>
    public Task ResetAsync(Guid id, VmState state, CancellationToken ct) => ChangeAsync(
        "vm_state = @state, task_state = NULL", "task_state IS NOT 'deleting'", new { id = id.ToString(), now = Now, state = ServerStates.Word(state) }, ct);

    /// <summary>The server's directory has all of its image's data, durably. What is known of its disk changes, the server does not.</summary>
    public Task MarkDiskWholeAsync(Guid id, CancellationToken ct) => database.WriteAsync(scope =>
        scope.ExecuteAsync("UPDATE servers SET has_whole_disk = 1 WHERE id = @id", new { id = id.ToString() }), ct);

    /// <summary>
    /// Reads the server, lets <paramref name="change"/> decide what its user makes of it, and writes that, in one transaction: of two
    /// changes at the same time neither undoes the other.
    /// </summary>
    /// <exception cref="Fault">404: it has gone; or what <paramref name="change"/> refuses.</exception>
    public Task<Server> UpdateAsync(Guid id, Func<Server, Server> change, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var after = change(await FindAsync(scope, id) ?? throw Fault.ServerNotFound(id));
        await scope.ExecuteAsync("""
            UPDATE servers SET name = @Name, description = @Description, hostname = @Hostname, metadata = @metadata, tags = @tags,
                   access_ipv4 = @AccessIPv4, access_ipv6 = @AccessIPv6, updated_at = @now
            WHERE id = @id
            """, new
        {
            id = id.ToString(), now = Now, after.Name, after.Description, after.Hostname, after.AccessIPv4, after.AccessIPv6,
            metadata = JsonSerializer.Serialize(after.Metadata, ServerRowJson.Default.IReadOnlyDictionaryStringString),
            tags = JsonSerializer.Serialize(after.Tags, ServerRowJson.Default.IReadOnlyListString),
        });
        return after;
    }, ct);

    public Task LockAsync(Guid id, string? by, string? reason, CancellationToken ct) => ChangeAsync(
        "locked_by = @by, locked_reason = @reason", "1 = 1", new { id = id.ToString(), now = Now, by, reason }, ct);

    /// <summary>Gives the server another port, which <paramref name="pick"/> chooses beside those that are taken.</summary>
    public Task<int> ReplaceSshPortAsync(Guid id, Func<IReadOnlySet<int>, int> pick, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var port = pick((await ListTakenAsync(scope)).Ports);
        await scope.ExecuteAsync("UPDATE servers SET nic_ssh_port = @port WHERE id = @id", new { id = id.ToString(), port });
        return port;
    }, ct);

    public Task DeleteAsync(WriteScope scope, Guid id) => scope.ExecuteAsync("DELETE FROM servers WHERE id = @id", new { id = id.ToString() });

    public static async Task<Server?> FindAsync(WriteScope scope, Guid id) =>
        (await scope.SingleOrDefaultAsync<ServerRow>($"SELECT {ServerRow.Columns} FROM servers WHERE id = @id", new { id = id.ToString() }))?.ToServer();

    private Task<bool> ChangeAsync(string set, string condition, object parameters, CancellationToken ct) => database.WriteAsync(async scope =>
        await scope.ExecuteAsync($"UPDATE servers SET {set}, updated_at = @now WHERE id = @id AND {condition}", parameters) == 1, ct);

    private long Now => time.GetUtcNow().ToMicroseconds();
}
