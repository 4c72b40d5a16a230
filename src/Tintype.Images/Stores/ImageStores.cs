using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Tintype.Storage;

namespace Tintype.Images.Stores;

/// <summary>One of the places that a blob lies in.</summary>
/// <param name="Url">Where, in a store that others fill; null where the blob's id says it.</param>
internal sealed record BlobCopy(Guid BlobId, string Store, string? Url);

/// <summary>A copy together with the store that is configured under its name.</summary>
internal sealed record PlacedCopy(BlobCopy Copy, ImageStore Store);

/// <summary>The stores of this service, as configured, and how they are.</summary>
internal sealed class ImageStores
{
    /// <summary>For so long a store that has failed is read only if no other has the data.</summary>
    private static readonly TimeSpan _shunned = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, ImageStore> _stores;
    private readonly ConcurrentDictionary<string, DateTimeOffset> _failures = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;

    /// <param name="disks">The name of the one that keeps disks by their content.</param>
    public ImageStores(IReadOnlyList<ImageStore> stores, string defaultStore, string disks, TimeProvider time)
    {
        All = stores;
        _stores = stores.ToDictionary(s => s.Name, StringComparer.Ordinal);
        Default = _stores[defaultStore];
        Disks = _stores[disks];
        Shown = [.. stores.Where(s => !s.IsInternal)];
        Writable = [.. stores.Where(s => s.TakesData).Select(s => s.Name)];
        Web = stores.FirstOrDefault(s => s.IsReadOnly);
        _time = time;
    }

    /// <summary>By name, the service's own included.</summary>
    public IReadOnlyList<ImageStore> All { get; }

    /// <summary>Those that are configured.</summary>
    public IReadOnlyList<ImageStore> Shown { get; }

    public ImageStore Default { get; }

    /// <summary>Where the service keeps disks by their content: a configured store that can, or its own. Its blobs are an <see cref="IDiskStore"/>.</summary>
    public ImageStore Disks { get; }

    /// <summary>The names of those that users may name for their data.</summary>
    public IReadOnlyList<string> Writable { get; }

    /// <summary>The store of what lies on web servers; null if none is configured.</summary>
    public ImageStore? Web { get; }

    public bool TryFind(string name, [NotNullWhen(true)] out ImageStore? store) => _stores.TryGetValue(name, out store);

    /// <summary>
    /// The copies that can be read, the best first: those asked for, then those in stores that have not failed lately, then by weight, then this service's own.
    /// Copies in stores that are not configured any more are left out.
    /// </summary>
    /// <param name="preferred">Names of stores, the first the most.</param>
    public IReadOnlyList<PlacedCopy> InOrder(IReadOnlyList<BlobCopy> copies, IReadOnlyList<string>? preferred = null)
    {
        var wishes = preferred ?? [];
        return
        [
            .. copies
                .Where(copy => _stores.ContainsKey(copy.Store))
                .Select(copy => new PlacedCopy(copy, _stores[copy.Store]))
                .OrderBy(place => Rank(wishes, place.Store.Name))
                .ThenBy(place => HasFailedLately(place.Store.Name))
                .ThenByDescending(place => place.Store.Weight)
                .ThenBy(place => place.Copy.Url is not null),
        ];
    }

    /// <summary>Where a copy lies, as an URL: for those who are shown the locations of images.</summary>
    public string UrlOf(BlobCopy copy) => copy.Url
        ?? (TryFind(copy.Store, out var store) && store.Blobs is ILocalFile && store.Properties.TryGetValue("data_dir", out var folder) ? $"file://{Path.Combine(folder, copy.BlobId.ToString())}" : $"{copy.Store}://{copy.BlobId}");

    /// <summary>The store could not give what it should have.</summary>
    public void ReportFailure(ImageStore store) => _failures[store.Name] = _time.GetUtcNow();

    /// <summary>Removes a copy's bytes. What lies in a store that is not configured any more is out of reach, and what others keep is theirs.</summary>
    public async Task DeleteAsync(BlobCopy copy, CancellationToken ct)
    {
        if (copy.Url is null && TryFind(copy.Store, out var store))
            await store.Blobs.DeleteAsync(copy.BlobId, ct);
    }

    private bool HasFailedLately(string store) => _failures.TryGetValue(store, out var at) && _time.GetUtcNow() - at < _shunned;

    private static int Rank(IReadOnlyList<string> wishes, string store)
    {
        for (var i = 0; i < wishes.Count; i++)
        {
            if (wishes[i] == store)
                return i;
        }

        return wishes.Count;
    }
}
