using Dapper;
using Tintype.Platform.Database;

namespace Tintype.Compute.Keypairs;

internal sealed record Keypair(long Id, string UserId, string Name, string PublicKey, string Fingerprint, DateTimeOffset CreatedAt);

/// <summary>Public keys, each user's own.</summary>
internal sealed class KeypairRepository(MetadataDatabase database, TimeProvider time)
{
    private const string Columns = """
        id AS Id, user_id AS UserId, name AS Name, public_key AS PublicKey, fingerprint AS Fingerprint, created_at AS CreatedAt
        """;

    public Task<Keypair?> FindAsync(string userId, string name, CancellationToken ct) => database.ReadAsync(async db =>
        (await db.QuerySingleOrDefaultAsync<Row>(
            $"SELECT {Columns} FROM keypairs WHERE user_id = @userId AND name = @name", new { userId, name }))?.ToKeypair(), ct);

    /// <summary>By name.</summary>
    public Task<IReadOnlyList<Keypair>> ListAsync(string userId, CancellationToken ct) => database.ReadAsync(async db =>
        (IReadOnlyList<Keypair>)[.. (await db.QueryAsync<Row>(
            $"SELECT {Columns} FROM keypairs WHERE user_id = @userId ORDER BY name", new { userId })).Select(r => r.ToKeypair())], ct);

    /// <returns>Null when the user has one of that name.</returns>
    public Task<Keypair?> InsertAsync(string userId, string name, SshPublicKey key, CancellationToken ct) => database.WriteAsync(async scope =>
        (await scope.SingleOrDefaultAsync<Row>($"""
            INSERT INTO keypairs (user_id, name, public_key, fingerprint, created_at) VALUES (@userId, @name, @Line, @Fingerprint, @now)
            ON CONFLICT (user_id, name) DO NOTHING RETURNING {Columns}
            """, new { userId, name, key.Line, key.Fingerprint, now = time.GetUtcNow().ToMicroseconds() }))?.ToKeypair(), ct);

    public Task<bool> DeleteAsync(string userId, string name, CancellationToken ct) => database.WriteAsync(async scope =>
        await scope.ExecuteAsync("DELETE FROM keypairs WHERE user_id = @userId AND name = @name", new { userId, name }) == 1, ct);

    private sealed class Row
    {
        public long Id { get; init; }
        public string UserId { get; init; } = "";
        public string Name { get; init; } = "";
        public string PublicKey { get; init; } = "";
        public string Fingerprint { get; init; } = "";
        public long CreatedAt { get; init; }

        public Keypair ToKeypair() => new(Id, UserId, Name, PublicKey, Fingerprint, Timestamp.FromMicroseconds(CreatedAt));
    }
}
