using System.Text.Json;
using Dapper;
using Tintype.Identity.Tokens;
using Tintype.Platform.Database;

namespace Tintype.Identity.Projects;

internal sealed class ProjectRepository(MetadataDatabase database, TimeProvider time)
{
    private const string Columns = "p.id AS Id, p.domain_id AS DomainId, p.name AS Name, p.enabled AS Enabled, p.tags AS Tags, p.extra AS Extra";

    public Task<ProjectRecord?> FindAsync(string id, CancellationToken ct) => database.ReadAsync(async db =>
        (await db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM projects p WHERE p.id = @id", new { id }))?.ToRecord(), ct);

    public Task<ProjectRecord?> FindAsync(Identified project, CancellationToken ct) => database.ReadAsync(async db =>
        (await db.QuerySingleOrDefaultAsync<Row>($"""
            SELECT {Columns} FROM projects p JOIN domains d ON d.id = p.domain_id
            WHERE p.id = @Id OR (p.name = @Name AND (d.id = @DomainId OR d.name = @DomainName))
            """, project))?.ToRecord(), ct);

    /// <returns>False if the domain has a project of that name already.</returns>
    public async Task<bool> InsertAsync(WriteScope scope, ProjectRecord project) => await scope.ExecuteAsync("""
        INSERT INTO projects (id, domain_id, name, enabled, tags, extra, created_at)
        VALUES (@Id, @DomainId, @Name, @Enabled, @tags, @extra, @now)
        ON CONFLICT (domain_id, name) DO NOTHING
        """, new
    {
        project.Id,
        project.DomainId,
        project.Name,
        project.Enabled,
        tags = JsonSerializer.Serialize(project.Tags),
        extra = JsonSerializer.Serialize(project.Extra),
        now = time.GetUtcNow().ToMicroseconds(),
    }) > 0;

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
