using Microsoft.Extensions.Options;
using Tintype.Images.Data;
using Tintype.Images.Records;
using Tintype.Images.Staging;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Import.WebDownload;

/// <summary>Brings what lies under a URL into the staging area.</summary>
internal sealed class WebDownloads(WebSource source, StagingArea area, IOptions<DownloadOptions> options)
{
    /// <exception cref="Fault">The URL cannot be fetched, or what it gives cannot be kept; the sentence says why.</exception>
    public async Task<StagedData> FetchAsync(ImageRecord image, string url, StagedExtras extras, ITaskProgress progress, CancellationToken ct)
    {
        using var response = await source.OpenAsync(url, ct);
        var promised = response.Content.Headers.ContentLength;
        await using var body = new IdleTimeoutStream(await response.Content.ReadAsStreamAsync(ct), url, options.Value.IdleTimeout,
            (sentence, cause) => new Fault(FaultKind.BadRequest, sentence, cause));
        await using var counted = new CountedStream(body, promised, progress);
        return await area.TakeAsync(image, counted, 0,
            found => RefuseTorn(url, promised, found.Size), extras, ct);
    }

    private static void RefuseTorn(string url, long? promised, long received)
    {
        if (promised is { } said && said != received)
            throw Fault.BadRequest($"{url} promised {said} bytes and sent {received}.");
    }
}
