using Tintype.Platform;
using Tintype.Storage.Http;
using Tintype.Storage.Local;

namespace Tintype.Images.Stores;

/// <summary>Opens the stores that the configuration names.</summary>
internal static class StoreFactory
{
    /// <summary>The store that there is when the configuration names none, in the place where it has always been.</summary>
    private const string Sole = "local";

    /// <exception cref="InvalidOperationException">The configuration is wrong; the message says where.</exception>
    public static ImageStores Open(StoreOptions options, DataDirectory data, IWebClient web, TimeProvider time)
    {
        if (options.Stores.Count == 0)
            options.Stores[Sole] = new StoreSettings { Driver = "local" };
        var stores = options.Stores.Select(store => Open(store.Key, store.Value, data, web)).ToList();
        var writable = stores.Where(store => !store.IsReadOnly).Select(store => store.Name).ToList();
        var byDefault = options.DefaultStore ?? (writable.Count == 1 ? writable[0] : null);
        if (byDefault is null || !writable.Contains(byDefault, StringComparer.Ordinal))
            throw new InvalidOperationException($"Images:DefaultStore is '{byDefault}'; it must name one of the stores that take data: {string.Join(", ", writable)}.");
        RefuseSharedFolders(stores);
        if (stores.Where(store => store.IsReadOnly).Select(store => store.Name).ToList() is { Count: > 1 } several)
            throw new InvalidOperationException($"The stores {string.Join(" and ", several)} have the driver http; one is enough for all that lies on web servers.");
        return new ImageStores(stores, byDefault, time);
    }

    private static ImageStore Open(string name, StoreSettings settings, DataDirectory data, IWebClient web)
    {
        if (name.Length > 64 || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')) || name.StartsWith("os_glance_", StringComparison.Ordinal))
            throw new InvalidOperationException($"Images:Stores:{name}: a store's name has up to 64 letters, digits, '-', '_' and '.', and does not begin with os_glance_.");
        return settings.Driver switch
        {
            "local" => Local(name, settings, data),
            "http" => new ImageStore(name, "http", settings.Description, settings.Weight, new HttpStore(name, web), new Dictionary<string, string>()),
            _ => throw new InvalidOperationException($"Images:Stores:{name}:Driver is '{settings.Driver}'; there is: local, http."),
        };
    }

    private static ImageStore Local(string name, StoreSettings settings, DataDirectory data)
    {
        var path = settings.Path is { } given ? Path.GetFullPath(given, data.Root) : name == Sole ? data.Folder("images") : data.Folder(Path.Combine("stores", name));
        var store = LocalStore.Open(name, path);
        return new ImageStore(name, "file", settings.Description, settings.Weight, store, new Dictionary<string, string> { ["data_dir"] = path });
    }

    // Each would take the other's blobs for garbage.
    private static void RefuseSharedFolders(IReadOnlyList<ImageStore> stores)
    {
        foreach (var group in stores.Where(s => s.Properties.ContainsKey("data_dir")).GroupBy(s => s.Properties["data_dir"], StringComparer.Ordinal).Where(g => g.Count() > 1))
            throw new InvalidOperationException($"The stores {string.Join(" and ", group.Select(s => s.Name))} have the same directory, {group.Key}; each needs its own.");
    }
}
