using Microsoft.Extensions.Logging;
using Tintype.Images.Chunks;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Storage;
using Tintype.Storage.Chunks;
using Tintype.Storage.Http;
using Tintype.Storage.Local;

namespace Tintype.Images.Stores;

/// <summary>Opens the stores that the configuration names, and the one that the service needs for disks if the configuration has none.</summary>
internal sealed class StoreFactory
{
    /// <summary>The store that there is when the configuration names none, in the place where it has always been.</summary>
    private const string Sole = "local";

    /// <summary>The driver that keeps disks.</summary>
    private const string Chunks = "chunks";

    /// <summary>In the data directory: of each store that is given no other directory.</summary>
    private const string Folders = "stores";

    /// <summary>Glance's own stores are called so, too; no configured one can be, nor has its directory by default.</summary>
    private const string Reserved = "os_glance_";

    /// <summary>The store that the service has for disks when the configuration has none. Blobs lie in it by this name: it must never be that of another.</summary>
    private const string Own = Reserved + "chunks";

    private readonly DataDirectory _data;
    private readonly IWebClient _web;
    private readonly MetadataDatabase _database;
    private readonly TimeProvider _time;
    private readonly ILogger<ChunkIndexRepository> _log;

    private StoreFactory(DataDirectory data, IWebClient web, MetadataDatabase database, TimeProvider time, ILogger<ChunkIndexRepository> log)
    {
        _data = data;
        _web = web;
        _database = database;
        _time = time;
        _log = log;
    }

    /// <exception cref="InvalidOperationException">The configuration is wrong; the message says where.</exception>
    public static ImageStores Open(StoreOptions options, DataDirectory data, IWebClient web, MetadataDatabase database, TimeProvider time,
        ILogger<ChunkIndexRepository> log)
    {
        if (options.Stores.Count == 0)
            options.Stores[Sole] = new StoreSettings { Driver = "local" };
        var factory = new StoreFactory(data, web, database, time, log);
        var stores = options.Stores.Select(store => factory.Open(store.Key, store.Value)).ToList();
        var writable = stores.Where(store => store.TakesData).Select(store => store.Name).ToList();
        var byDefault = options.DefaultStore ?? (writable.Count == 1 ? writable[0] : null);
        if (byDefault is null || !writable.Contains(byDefault, StringComparer.Ordinal))
            throw new InvalidOperationException($"Images:DefaultStore is '{byDefault}'; it must name one of the stores that take data: {string.Join(", ", writable)}.");
        if (stores.Where(store => store.IsReadOnly).Select(store => store.Name).ToList() is { Count: > 1 } several)
            throw new InvalidOperationException($"The stores {string.Join(" and ", several)} have the driver http; one is enough for all that lies on web servers.");
        // Also where it has been needed before: what lies in it stays readable.
        if (!stores.Exists(store => store.Blobs is IDiskStore) || Directory.Exists(Path.Combine(data.Root, Folders, Own)))
            stores.Add(factory.OpenChunks(Own, factory.FolderOf(Own, new StoreSettings()), new StoreSettings()) with { IsInternal = true });
        RefuseSharedFolders(stores);
        var disks = stores.Where(store => store.Blobs is IDiskStore).OrderByDescending(store => store.Name == byDefault).First();
        return new ImageStores(stores, byDefault, disks.Name, time);
    }

    private ImageStore Open(string name, StoreSettings settings)
    {
        if (name.Length > 64 || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')) || name.StartsWith(Reserved, StringComparison.Ordinal))
            throw new InvalidOperationException($"Images:Stores:{name}: a store's name has up to 64 letters, digits, '-', '_' and '.', and does not begin with {Reserved}.");
        return settings.Driver switch
        {
            "local" => OpenLocal(name, settings),
            Chunks => OpenChunks(name, FolderOf(name, settings), settings),
            "http" => new ImageStore(name, "http", settings.Description, settings.Weight, new HttpStore(name, _web), new Dictionary<string, string>()),
            _ => throw new InvalidOperationException($"Images:Stores:{name}:Driver is '{settings.Driver}'; there is: local, chunks, http."),
        };
    }

    private ImageStore OpenLocal(string name, StoreSettings settings)
    {
        var path = name == Sole && settings.Path is null ? _data.Folder("images") : FolderOf(name, settings);
        var store = LocalStore.Open(name, path);
        return new ImageStore(name, "file", settings.Description, settings.Weight, store, new Dictionary<string, string> { ["data_dir"] = path });
    }

    private ImageStore OpenChunks(string name, string path, StoreSettings settings)
    {
        var store = new ChunkStore(name, LocalStore.Open(name, RecordsOf(path)), LocalStore.Open(name, PacksOf(path)), new ChunkIndexRepository(_database, name, _time, _log));
        return new ImageStore(name, Chunks, settings.Description, settings.Weight, store, new Dictionary<string, string> { ["data_dir"] = path });
    }

    private string FolderOf(string name, StoreSettings settings) =>
        settings.Path is { } given ? Path.GetFullPath(given, _data.Root) : _data.Folder(Path.Combine(Folders, name));

    private static string RecordsOf(string path) => Path.Combine(path, "records");

    private static string PacksOf(string path) => Path.Combine(path, "packs");

    // Each would take the other's blobs for garbage.
    private static void RefuseSharedFolders(IReadOnlyList<ImageStore> stores)
    {
        var folders = stores.Where(s => s.Properties.ContainsKey("data_dir")).SelectMany(s => FoldersOf(s).Select(folder => (s.Name, Folder: folder)));
        foreach (var group in folders.GroupBy(f => f.Folder, StringComparer.Ordinal).Where(g => g.Count() > 1))
            throw new InvalidOperationException($"The stores {string.Join(" and ", group.Select(f => f.Name))} have the same directory, {group.Key}; each needs its own.");
    }

    private static string[] FoldersOf(ImageStore store)
    {
        var path = store.Properties["data_dir"];
        return store.Blobs is IDiskStore ? [path, RecordsOf(path), PacksOf(path)] : [path];
    }
}
