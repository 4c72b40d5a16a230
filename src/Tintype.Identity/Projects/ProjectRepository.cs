using System.Text.Json;
using Dapper;
using Tintype.Identity.Tokens;
using Tintype.Platform.Database;
using Tintype.Platform.Http;

namespace Tintype.Identity.Projects;

/// <summary>What a list of projects is narrowed to; null leaves it open.</summary>
internal sealed record ProjectFilter(string? Name = null, string? DomainId = null, bool? Enabled = null, string? UserId = null);

internal sealed class ProjectRepository(IdentityDatabase database, TimeProvider time)
{
    private const string Columns = "p.id AS Id, p.domain_id AS DomainId, p.name AS Name, p.enabled AS Enabled, p.tags AS Tags, p.extra AS Extra";

    public Task<ProjectRecord?> FindAsync(string id, CancellationToken ct) => FindAsync(new Identified(id, null, null, null), ct);

    public Task<ProjectRecord?> FindAsync(Identified project, CancellationToken ct) => database.ReadAsync(async db =>
        (await db.QuerySingleOrDefaultAsync<Row>($"""
            SELECT {Columns} FROM projects p JOIN domains d ON d.id = p.domain_id
            WHERE p.id = @Id OR (p.name = @Name AND (d.id = @DomainId OR d.name = @DomainName))
            """, project))?.ToRecord(), ct);

    /// <summary>By name. With a user: those on which the user has a role.</summary>
    public Task<IReadOnlyList<ProjectRecord>> ListAsync(ProjectFilter filter, CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<ProjectRecord>)[.. (await db.QueryAsync<Row>($"""
            SELECT {Columns} FROM projects p
            WHERE (@Name IS NULL OR p.name = @Name) AND (@DomainId IS NULL OR p.domain_id = @DomainId)
              AND (@Enabled IS NULL OR p.enabled = @Enabled)
              AND (@UserId IS NULL OR EXISTS (SELECT 1 FROM role_assignments a WHERE a.user_id = @UserId AND a.project_id = p.id))
            ORDER BY p.name, p.id
            """, filter)).Select(r => r.ToRecord())], ct);

    /// <returns>False if the domain has a project of that name already.</returns>
    public async Task<bool> InsertAsync(WriteScope scope, ProjectRecord project) => await scope.ExecuteAsync("""
        INSERT INTO projects (id, domain_id, name, enabled, tags, extra, created_at)
        VALUES (@Id, @DomainId, @Name, @Enabled, @tags, @extra, @now)
        ON CONFLICT (domain_id, name) DO NOTHING
        """, Parameters(project)) > 0;

    public Task<bool> InsertAsync(ProjectRecord project, CancellationToken ct) => database.WriteAsync(scope => InsertAsync(scope, project), ct);

    /// <summary>
    /// Reads the project, lets <paramref name="change"/> decide what it becomes, and writes that, in one transaction.
    /// A project that is disabled by it loses its tokens.
    /// </summary>
    /// <returns>The changed project; null if there is none of that id.</returns>
    /// <exception cref="Fault">409: another project has the name.</exception>
    public Task<ProjectRecord?> UpdateAsync(string id, Func<ProjectRecord, ProjectRecord> change, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        if ((await scope.SingleOrDefaultAsync<Row>($"SELECT {Columns} FROM projects p WHERE p.id = @id", new { id }))?.ToRecord() is not { } before)
            return null;
        var after = change(before);
        if (await scope.SingleOrDefaultAsync<string>("SELECT id FROM projects WHERE domain_id = @DomainId AND name = @Name AND id <> @Id", after) is not null)
            throw Fault.ProjectNameTaken(after.Name);
        await scope.ExecuteAsync("UPDATE projects SET name = @Name, enabled = @Enabled, tags = @tags, extra = @extra WHERE id = @Id", Parameters(after));
        if (!after.Enabled)
            await TokenRepository.RevokeOfProjectAsync(scope, id);
        return after;
    }, ct);

    /// <summary>Removes the project with its tokens and assignments. What it owns in other rooms stays, and an administrator still reaches it.</summary>
    /// <returns>False if there is none of that id.</returns>
    public Task<bool> DeleteAsync(string id, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        await scope.ExecuteAsync("UPDATE users SET default_project_id = NULL WHERE default_project_id = @id", new { id });
        return await scope.ExecuteAsync("DELETE FROM projects WHERE id = @id", new { id }) > 0;
    }, ct);

    private object Parameters(ProjectRecord project) => new
    {
        project.Id,
        project.DomainId,
        project.Name,
        project.Enabled,
        tags = JsonSerializer.Serialize(project.Tags),
        extra = JsonSerializer.Serialize(project.Extra),
        now = time.GetUtcNow().ToMicroseconds(),
    };

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string DomainId { get; init; } = "";
        public string Name { get; init; } = "";
        public bool Enabled { get; init; }
        public string Tags { get; init; } = "";
        public string Extra { get; init; } = "";

        public ProjectRecord ToRecord() => new(Id, DomainId, Name, Enabled, JsonSerializer.Deserialize<string[]>(Tags)!,
            JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(Extra)!);
    }
}
