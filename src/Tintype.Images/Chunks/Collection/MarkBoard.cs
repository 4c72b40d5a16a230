using Dapper;
using Tintype.Platform.Database;
using Tintype.Storage.Chunks;
using Tintype.Storage.Chunks.Collection;

namespace Tintype.Images.Chunks.Collection;

/// <summary>
/// A mark's notes, in a database of their own that is there while a mark runs: neither memory nor the service's database grows with the
/// store, and no writer of the service waits for the mark's. (docs/decisions/0024)
/// </summary>
internal sealed class MarkBoard : IMarkBoard
{
    // What is known only to be a root.
    private const int UnknownLevel = 100;

    private const string Schema = """
        CREATE TABLE IF NOT EXISTS marks (number INTEGER PRIMARY KEY, roots_closed INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS reached (hash BLOB PRIMARY KEY, is_node INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS pending (level INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, hash)) WITHOUT ROWID;
        """;

    private readonly string _path;
    private MetadataDatabase? _database;

    /// <param name="path">A file that is made when it is needed.</param>
    public MarkBoard(string path) => _path = path;

    private MetadataDatabase Database => _database ?? throw new InvalidOperationException("No mark has been begun on the board.");

    public async Task<bool> BeginAsync(long mark, CancellationToken ct)
    {
        _database ??= new MetadataDatabase(_path);
        await Database.WriteAsync(scope => scope.ExecuteAsync(Schema), ct);
        var closed = await Database.ReadAsync(db => db.QuerySingleOrDefaultAsync<long?>("SELECT roots_closed FROM marks WHERE number = @mark", new { mark }), ct);
        if (closed is null)
        {
            await WipeAsync(ct);
            _database = new MetadataDatabase(_path);
            await Database.WriteAsync(async scope =>
            {
                await scope.ExecuteAsync(Schema);
                await scope.ExecuteAsync("INSERT INTO marks (number, roots_closed) VALUES (@mark, 0)", new { mark });
            }, ct);
        }

        return closed == 1;
    }

    public Task AddAsync(IReadOnlyCollection<ChunkHash> nodes, CancellationToken ct) =>
        Database.WriteAsync(scope => AddAsync(scope, nodes, UnknownLevel), ct);

    public Task CloseRootsAsync(CancellationToken ct) => Database.WriteAsync(scope => scope.ExecuteAsync("UPDATE marks SET roots_closed = 1"), ct);

    public Task<IReadOnlyList<ChunkHash>> NextAsync(int count, CancellationToken ct) =>
        ListAsync("SELECT hash FROM pending ORDER BY level, hash LIMIT @count", new { count }, ct);

    public Task ReachAsync(IReadOnlyCollection<LookedInto> nodes, CancellationToken ct) => Database.WriteAsync(async scope =>
    {
        foreach (var node in nodes)
        {
            if (node.BelowLevel < 0)
                await scope.ExecuteAsync("INSERT INTO reached (hash, is_node) VALUES (@hash, 0) ON CONFLICT DO NOTHING", node.Below.Select(hash => new { hash = hash.ToBytes() }));
            else
                await AddAsync(scope, node.Below, node.BelowLevel);
            // As a root it has another level than as a part of something.
            await scope.ExecuteAsync("DELETE FROM pending WHERE hash = @hash AND level IN (@level, @unknown)",
                new { hash = node.Node.ToBytes(), level = node.BelowLevel + 1, unknown = UnknownLevel });
        }
    }, ct);

    public async Task<IReadOnlySet<ChunkHash>> ReachedAsync(ChunkHash? after, ChunkHash last, CancellationToken ct) =>
        (await ListAsync("SELECT hash FROM reached WHERE hash > @after AND hash <= @last ORDER BY hash", new { after = after?.ToBytes() ?? [], last = last.ToBytes() }, ct)).ToHashSet();

    public Task<IReadOnlyList<ChunkHash>> ListReachedAsync(ChunkHash? after, int count, CancellationToken ct) =>
        ListAsync("SELECT hash FROM reached WHERE hash > @after ORDER BY hash LIMIT @count", new { after = after?.ToBytes() ?? [], count }, ct);

    public Task WipeAsync(CancellationToken ct)
    {
        Close();
        // The database first: what is left beside an empty one means nothing, while one without its log would be an older state.
        foreach (var side in (string[])["", "-wal", "-shm"])
            File.Delete(_path + side);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    private void Close()
    {
        _database?.Dispose();
        _database = null;
    }

    // The same bytes may be content here and a node there: it is looked into once it has been met as a node.
    private static async Task AddAsync(WriteScope scope, IEnumerable<ChunkHash> nodes, int level)
    {
        foreach (var hash in nodes.Select(node => node.ToBytes()))
        {
            var isNew = await scope.ExecuteAsync(
                "INSERT INTO reached (hash, is_node) VALUES (@hash, 1) ON CONFLICT (hash) DO UPDATE SET is_node = 1 WHERE is_node = 0", new { hash }) == 1;
            if (isNew)
                await scope.ExecuteAsync("INSERT INTO pending (level, hash) VALUES (@level, @hash)", new { level, hash });
        }
    }

    private Task<IReadOnlyList<ChunkHash>> ListAsync(string sql, object parameters, CancellationToken ct) => Database.ReadAsync(async db =>
        (IReadOnlyList<ChunkHash>)[.. (await db.QueryAsync<byte[]>(sql, parameters)).Select(hash => new ChunkHash(hash))], ct);
}
