using Dapper;

namespace Tintype.Identity.Domains;

internal sealed record DomainRecord(string Id, string Name, string Description, bool Enabled)
{
    /// <summary>The one that is always there.</summary>
    public const string DefaultId = "default";
}

internal sealed class DomainRepository(IdentityDatabase database)
{
    public async Task<DomainRecord?> FindAsync(string id, CancellationToken ct) => (await ListAsync(ct)).SingleOrDefault(d => d.Id == id);

    public Task<IReadOnlyList<DomainRecord>> ListAsync(CancellationToken ct) => database.ReadAsync(async db => (IReadOnlyList<DomainRecord>)
        [.. (await db.QueryAsync<Row>("SELECT id AS Id, name AS Name, description AS Description, enabled AS Enabled FROM domains ORDER BY name")).Select(r => r.ToRecord())], ct);

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string Name { get; init; } = "";
        public string Description { get; init; } = "";
        public bool Enabled { get; init; }

        public DomainRecord ToRecord() => new(Id, Name, Description, Enabled);
    }
}
