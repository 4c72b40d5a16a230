using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tintype.Images.Data.Download;
using Tintype.Images.Records;
using Tintype.Images.Stores;
using Tintype.Platform;
using Tintype.Storage;
using Tintype.Storage.Local;

namespace Tintype.Images.Caching;

/// <summary>
/// The images that this host keeps at hand.
/// <code>
/// file being written (.part) ─► whole, durable ─► its row: served from here on ─► row gone ─► file gone
/// a crash leaves a file without a row, which is never served, and swept at the next start
/// </code>
/// </summary>
internal sealed class ImageCache
{
    private readonly CacheRepository _cached;
    private readonly BlobReader _blobs;
    private readonly ImageStores _stores;
    private readonly CacheOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly LocalStore? _files;
    private readonly ConcurrentDictionary<Guid, Guid> _filling = new();
    private readonly ConcurrentDictionary<Guid, (long Hits, DateTimeOffset At)> _hits = new();

    public ImageCache(CacheRepository cached, BlobReader blobs, ImageStores stores, IOptions<CacheOptions> options, DataDirectory data, TimeProvider time, ILogger<ImageCache> log)
    {
        (_cached, _blobs, _stores, _options, _time, _log) = (cached, blobs, stores, options.Value, time, log);
        if (_options.IsOn)
            _files = LocalStore.Open("cache", Path.GetFullPath(_options.Path!, data.Root));
    }

    public bool IsOn => _files is not null;

    /// <summary>An image's data, from the cache if it has it; on its way into the cache, if it lies with others alone and is read whole.</summary>
    /// <param name="preferred">Stores to be asked first: whoever names one means it, and not the cache.</param>
    public async Task<Stream> OpenAsync(ImageRecord image, ByteRange range, IReadOnlyList<string> preferred, CancellationToken ct)
    {
        var blobId = image.BlobId!.Value;
        if (_files is not null && preferred.Count == 0 && await TryOpenAsync(_files, image.Id, range, ct) is { } hit)
            return hit;
        var data = await _blobs.OpenAsync(blobId, range.Offset, range.Length, preferred, ct);
        var isFarAway = image.Stores.All(name => _stores.TryFind(name, out var store) && store.IsReadOnly);
        return isFarAway && range.Length == image.Size ? await TeeAsync(image, data, ct) ?? data : data;
    }

    /// <summary>Brings an image in. Nothing if it is there, is coming, or is larger than the cache.</summary>
    public async Task FillAsync(ImageRecord image, CancellationToken ct)
    {
        if (await _cached.FindAsync(image.Id, ct) is not null)
        {
            await _cached.DequeueAsync(image.Id, ct);
            return;
        }

        var data = await _blobs.OpenAsync(image.BlobId!.Value, 0, image.Size!.Value, null, ct);
        await using var tee = await TeeAsync(image, data, ct) ?? data;
        if (tee is CachingStream)
            await tee.CopyToAsync(Stream.Null, 256 * 1024, ct);
    }

    public bool IsFilling(Guid imageId) => _filling.ContainsKey(imageId);

    /// <summary>Takes images out. The rows go first: a file without one is never served.</summary>
    public async Task RemoveAsync(IReadOnlyList<CachedImage> images, CancellationToken ct)
    {
        if (images.Count == 0)
            return;
        await _cached.DeleteAsync(images, ct);
        foreach (var image in images)
            await _files!.DeleteAsync(image.FileId, CancellationToken.None);
    }

    /// <summary>Takes those out that were not asked for the longest, until the rest fits.</summary>
    public async Task<(int Files, long Bytes)> PruneAsync(CancellationToken ct)
    {
        await CountHitsAsync(ct);
        var images = await _cached.ListAsync(ct);
        var excess = images.Sum(image => image.Size) - _options.MaximumBytes;
        var pruned = new List<CachedImage>();
        foreach (var image in images.TakeWhile(_ => excess > 0))
        {
            excess -= image.Size;
            pruned.Add(image);
        }

        await RemoveAsync(pruned, ct);
        return (pruned.Count, pruned.Sum(image => image.Size));
    }

    /// <summary>Removes what is of no use: of deleted images, and files that are no image's. What is being written stays.</summary>
    /// <param name="atStart">Before anything is written: then every unfinished file is a crash's.</param>
    public async Task CleanAsync(bool atStart, CancellationToken ct)
    {
        await RemoveAsync(await _cached.ListDeadAsync(ct), ct);
        var found = new List<StoredBlob>();
        await foreach (var file in _files!.ListAsync(ct))
            found.Add(file);
        // In this order: what is not being written after the listing has its row before the rows are read, or never gets one.
        var filling = _filling.Values.ToHashSet();
        var named = await _cached.ListFilesAsync(ct);
        foreach (var file in found.Where(f => !filling.Contains(f.Id) && !named.Contains(f.Id)))
        {
            if (!file.Committed && !atStart && _time.GetUtcNow() - file.ModifiedAt < _options.StallTime)
                continue;
            await _files.DeleteAsync(file.Id, ct);
            CacheLog.Cleaned(_log, file.Length, file.Id);
        }
    }

    /// <summary>Writes down what has been read since the last time.</summary>
    public async Task CountHitsAsync(CancellationToken ct)
    {
        var counted = new List<(Guid, long, DateTimeOffset)>();
        foreach (var id in _hits.Keys)
        {
            if (_hits.TryRemove(id, out var hits))
                counted.Add((id, hits.Hits, hits.At));
        }

        if (counted.Count > 0)
            await _cached.CountHitsAsync(counted, ct);
    }

    private async Task<Stream?> TryOpenAsync(LocalStore files, Guid imageId, ByteRange range, CancellationToken ct)
    {
        if (await _cached.FindAsync(imageId, ct) is not { } cached)
            return null;
        try
        {
            var data = await files.OpenRangeAsync(cached.FileId, range.Offset, range.Length, ct);
            _hits.AddOrUpdate(imageId, _ => (1, _time.GetUtcNow()), (_, hits) => (hits.Hits + 1, _time.GetUtcNow()));
            return data;
        }
        catch (Exception lost) when (lost is IOException or ArgumentOutOfRangeException)
        {
            // Somebody has emptied the directory, or torn the file: it is fetched anew.
            CacheLog.Lost(_log, lost, imageId);
            await RemoveAsync([cached], ct);
            return null;
        }
    }

    /// <summary>Null if it is not to be cached, or is being cached by another reader.</summary>
    private async Task<Stream?> TeeAsync(ImageRecord image, Stream data, CancellationToken ct)
    {
        var fileId = Guid.NewGuid();
        var (id, blobId, size) = (image.Id, image.BlobId!.Value, image.Size!.Value);
        if (_files is null || size > _options.MaximumBytes || !_filling.TryAdd(id, fileId))
            return null;
        try
        {
            var writer = await _files.CreateAsync(fileId, ct);
            return new CachingStream(data, writer, size, image.Checksum,
                keep: async () =>
                {
                    if (!await _cached.InsertAsync(id, blobId, fileId, size, image.Checksum))
                        await _files.DeleteAsync(fileId, CancellationToken.None);
                    await PruneAsync(CancellationToken.None);
                },
                failed: reason => CacheLog.NotCached(_log, reason, id),
                ended: () => _filling.TryRemove(id, out _));
        }
        catch (IOException failed)
        {
            _filling.TryRemove(id, out _);
            CacheLog.NotCached(_log, failed, id);
            return null;
        }
    }
}
