using Tintype.Images;
using Tintype.Images.Chunks;
using Tintype.Platform.Database;
using Tintype.Storage;
using Tintype.Storage.Chunks;
using Tintype.Storage.Local;

namespace Tintype.StoreContract.Chunks;

/// <summary>The deduplicating store over two directories and a database.</summary>
internal class ChunkStoreUnderTest : StoreUnderTest
{
    private readonly string _root = Directory.CreateTempSubdirectory("tt-chunks-").FullName;
    private readonly List<MetadataDatabase> _databases = [];
    private readonly string _data;

    public ChunkStoreUnderTest() : this(null)
    {
    }

    /// <param name="data">Where records and packs go, the database apart; null for the same place.</param>
    protected ChunkStoreUnderTest(string? data)
    {
        _data = data ?? _root;
        Store = Open();
    }

    public override IBlobStore Store { get; }

    public string Records => Path.Combine(_data, "records");

    public string Packs => Path.Combine(_data, "packs");

    /// <summary>Bytes in the packs.</summary>
    public long Stored => new DirectoryInfo(Packs).EnumerateFiles().Where(f => f.Name != "store-format").Sum(f => f.Length);

    public IReadOnlyList<string> PackFiles => [.. Directory.EnumerateFiles(Packs).Where(f => Guid.TryParse(Path.GetFileName(f), out _))];

    public override IBlobStore Reopen() => Open();

    public ChunkIndexRepository OpenIndex(string file)
    {
        var database = new MetadataDatabase(Path.Combine(_root, file));
        _databases.Add(database);
        Migrations.Apply(database, [new MigrationSource(typeof(ImagesSetup).Assembly)]);
        return new ChunkIndexRepository(database, "chunks", TimeProvider.System);
    }

    public override ValueTask DisposeAsync()
    {
        foreach (var database in _databases)
            database.Dispose();
        Directory.Delete(_root, recursive: true);
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private ChunkStore Open() => new("chunks", LocalStore.Open("records", Records), LocalStore.Open("packs", Packs), OpenIndex("tintype.db"));
}
