using Tintype.Images;
using Tintype.Images.Chunks;
using Tintype.Platform.Database;
using Tintype.Storage;
using Tintype.Storage.Chunks;
using Tintype.Storage.Local;

namespace Tintype.StoreContract.Chunks;

/// <summary>The deduplicating store over two directories and a database.</summary>
internal sealed class ChunkStoreUnderTest : StoreUnderTest
{
    private readonly string _root = Directory.CreateTempSubdirectory("tt-chunks-").FullName;
    private readonly List<MetadataDatabase> _databases = [];

    public ChunkStoreUnderTest() => Store = Reopen();

    public override IBlobStore Store { get; }

    public string Records => Path.Combine(_root, "records");

    public string Packs => Path.Combine(_root, "packs");

    /// <summary>Bytes in the packs.</summary>
    public long Stored => new DirectoryInfo(Packs).EnumerateFiles().Where(f => f.Name != "store-format").Sum(f => f.Length);

    public IReadOnlyList<string> PackFiles => [.. Directory.EnumerateFiles(Packs).Where(f => Guid.TryParse(Path.GetFileName(f), out _))];

    public override IBlobStore Reopen() =>
        new ChunkStore("chunks", LocalStore.Open("records", Records), LocalStore.Open("packs", Packs), OpenIndex("tintype.db"));

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
        return ValueTask.CompletedTask;
    }
}
