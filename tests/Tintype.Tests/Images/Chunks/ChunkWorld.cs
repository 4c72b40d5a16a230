using Dapper;
using Tintype.Images;
using Tintype.Images.Chunks;
using Tintype.Images.Chunks.Collection;
using Tintype.Platform.Database;
using Tintype.Storage;
using Tintype.Storage.Chunks;
using Tintype.Storage.Chunks.Collection;
using Tintype.Storage.Local;
using Xunit;

namespace Tintype.Tests.Images.Chunks;

/// <summary>Time that goes on by itself, and jumps when it is told to.</summary>
internal sealed class MovingTime : TimeProvider
{
    private TimeSpan _ahead;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _ahead;

    public void Jump(TimeSpan by) => _ahead += by;
}

/// <summary>One chunk store in a directory with a database, as a server has it; another server may open the same after it was killed.</summary>
internal sealed class ChunkWorld : IAsyncDisposable
{
    public const int ChunkSize = 65536;
    public const string Name = "chunks";

    private readonly string _root;
    private readonly MarkBoard _board;

    /// <param name="root">What an earlier one has left; a new directory if null.</param>
    public ChunkWorld(string? root = null, Fuse? fuse = null)
    {
        _root = root ?? Directory.CreateTempSubdirectory("tt-collect-").FullName;
        Fuse = fuse ?? new Fuse();
        Database = new MetadataDatabase(Path.Combine(_root, "tintype.db"));
        Migrations.Apply(Database, [new MigrationSource(typeof(ImagesSetup).Assembly)]);
        Records = LocalStore.Open("records", Path.Combine(_root, "records"));
        Packs = LocalStore.Open("packs", Path.Combine(_root, "packs"));
        Index = new ChunkIndexRepository(Database, Name, Time);
        Ledger = new ChunkLedgerRepository(Database, Name, Time);
        _board = new MarkBoard(Path.Combine(_root, "mark.db"));
        Store = new ChunkStore(Name, Fuse.Around<IFusedStore>(new Both(Records)), Fuse.Around<IFusedStore>(new Both(Packs)), Fuse.Around<IChunkIndex>(Index));
    }

    public string Root => _root;

    public Fuse Fuse { get; }

    public MovingTime Time { get; } = new();

    public MetadataDatabase Database { get; }

    public LocalStore Records { get; }

    public LocalStore Packs { get; }

    public IChunkIndex Index { get; }

    public IChunkLedger Ledger { get; }

    public ChunkStore Store { get; }

    public string PackFolder => Path.Combine(_root, "packs");

    public IReadOnlyList<string> PackFiles => [.. Directory.EnumerateFiles(PackFolder).Where(file => Path.GetFileName(file) != "store-format")];

    public long PackBytes => PackFiles.Sum(file => new FileInfo(file).Length);

    public ChunkCollection Collection(TimeSpan? grace = null, double rewriteBelow = 0.5) =>
        new(Store, Fuse.Around(Ledger), Fuse.Around<IMarkBoard>(_board), new CollectionRules(grace ?? TimeSpan.Zero, rewriteBelow), Time);

    public Task<CollectionTally> CollectAsync(CancellationToken ct, TimeSpan? grace = null, double rewriteBelow = 0.5) => Collection(grace, rewriteBelow).RunAsync(ct);

    public async Task<Guid> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        var id = Guid.NewGuid();
        await using var writer = await Store.CreateAsync(id, ct);
        await writer.WriteAsync(bytes, ct);
        await writer.CommitAsync(ct);
        return id;
    }

    public async Task<byte[]> ReadAsync(Guid id, CancellationToken ct)
    {
        await using var stream = await Store.OpenReadAsync(id, ct);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, ct);
        return bytes.ToArray();
    }

    /// <summary>Bytes in whole chunks, each from a seed of its own: equal seeds are equal chunks.</summary>
    public static byte[] Content(params IReadOnlyList<int> seeds)
    {
        var bytes = new byte[seeds.Count * ChunkSize];
        for (var i = 0; i < seeds.Count; i++)
        {
            if (seeds[i] != 0)
                new Random(seeds[i]).NextBytes(bytes.AsSpan(i * ChunkSize, ChunkSize));
        }

        return bytes;
    }

    public async Task<long> CountAsync(string what) => await Database.ReadAsync(db => db.ExecuteScalarAsync<long>($"SELECT count(*) FROM {what}"), CancellationToken.None);

    public Task ExecuteAsync(string sql) => Database.WriteAsync(scope => scope.ExecuteAsync(sql), CancellationToken.None);

    /// <summary>Everything that a collection might change, as text.</summary>
    public async Task<string> DumpAsync()
    {
        var tables = new List<string>();
        foreach (var table in (string[])["chunks", "chunk_packs", "chunk_sessions", "chunk_marks", "chunk_damages"])
        {
            var rows = await Database.ReadAsync(db => db.QueryAsync($"SELECT * FROM {table}"), CancellationToken.None);
            tables.AddRange(rows.Select(row => string.Join(' ', ((IDictionary<string, object?>)row).Values.Select(v => v is byte[] bytes ? Convert.ToHexString(bytes) : $"{v}"))));
        }

        return string.Join('\n', tables.Concat(PackFiles.Select(file => $"{file} {new FileInfo(file).Length}")).Order(StringComparer.Ordinal));
    }

    /// <summary>Index, packs and blobs say the same: every chunk is needed by a blob, every pack has chunks, every file has a row.</summary>
    public async Task AssertNothingIsLeftAsync(CancellationToken ct)
    {
        await using var board = new MarkBoard(Path.Combine(_root, "proof.db"));
        var trial = await new ChunkCollection(Store, Ledger, board, new CollectionRules(TimeSpan.Zero, 0), Time).TryOutAsync(ct);
        Assert.Null(trial.Problem);
        Assert.Equal((0, 0, 0, 0, 0, 0), (trial.Condemned, trial.Removed, trial.Waiting, trial.PacksDeleted, trial.LeftoversDeleted, trial.Missing));
        Assert.Equal(await CountAsync("chunk_packs"), PackFiles.Count);
        Assert.Equal(0, await CountAsync("chunk_sessions WHERE ended = 0"));
        Assert.Equal(0, await CountAsync("chunk_packs WHERE session IS NOT NULL"));
    }

    /// <summary>The process is gone; the directory stays.</summary>
    public async Task CloseAsync()
    {
        await _board.DisposeAsync();
        Database.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(_root, recursive: true);
    }

    private sealed class Both(LocalStore inner) : IFusedStore
    {
        public string Name => inner.Name;

        public Task<IBlobWriter> CreateAsync(Guid id, CancellationToken ct) => inner.CreateAsync(id, ct);

        public Task<Stream> OpenReadAsync(Guid id, CancellationToken ct) => inner.OpenReadAsync(id, ct);

        public Task<Stream> OpenRangeAsync(Guid id, long offset, long length, CancellationToken ct) => inner.OpenRangeAsync(id, offset, length, ct);

        public Task DeleteAsync(Guid id, CancellationToken ct) => inner.DeleteAsync(id, ct);

        public IAsyncEnumerable<StoredBlob> ListAsync(CancellationToken ct) => inner.ListAsync(ct);
    }
}
