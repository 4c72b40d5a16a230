using Tintype.Images.Import.WebDownload;
using Tintype.Images.Stores;
using Tintype.Platform.Http;
using Tintype.Storage;

namespace Tintype.Images.Locations;

/// <summary>Asks what lies under a location, before an image is said to lie there.</summary>
internal sealed class LocationProbe(ImageStores stores, DownloadRules downloads)
{
    /// <returns>Bytes, more than none.</returns>
    /// <exception cref="Fault">400: from there nothing is to be fetched, or there is nothing.</exception>
    public async Task<long> MeasureAsync(string url, CancellationToken ct)
    {
        downloads.Check(url);
        try
        {
            var size = stores.Web is { Blobs: IUrlReadable web } ? await web.MeasureAsync(url, ct) : 0;
            return size > 0 ? size : throw Fault.InvalidLocation($"'{url}' has no data.");
        }
        catch (IOException failed)
        {
            throw Fault.InvalidLocation(failed.Message, failed);
        }
    }

    /// <summary>Bytes by URL.</summary>
    public async Task<IReadOnlyDictionary<string, long>> MeasureAsync(IEnumerable<string> urls, CancellationToken ct)
    {
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var url in urls.Distinct(StringComparer.Ordinal))
            sizes[url] = await MeasureAsync(url, ct);
        return sizes;
    }
}
