using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Options;
using Tintype.Images.Data.Download;
using Tintype.Images.Records;
using Tintype.Images.Staging;
using Tintype.Platform;
using Tintype.Platform.Http;
using Tintype.Protocol.Images;

namespace Tintype.Images.Import.GlanceDownload;

/// <summary>Fetches an image of another region, or another image of this one, with its formats and the properties that travel.</summary>
internal sealed class GlanceDownloads(
    StagingArea area, ImageRepository images, BlobReader reader, ForwardedTokens tokens, IOptions<GlanceDownloadOptions> options) : IDisposable
{
    // Glance's default (glance_download_properties).
    private static readonly string[] _travelling = ["hw_", "trait:", "os_distro", "os_secure_boot", "os_type"];

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <exception cref="Fault">There is no such image to be had; the sentence says why.</exception>
    public Task<StagedData> FetchAsync(ImageRecord image, RemoteImage remote, Guid task, CancellationToken ct) =>
        remote.Region == Region.Own ? FromHereAsync(image, remote, ct) : FromAfarAsync(image, remote, task, ct);

    public void Dispose() => _http.Dispose();

    private async Task<StagedData> FromHereAsync(ImageRecord image, RemoteImage remote, CancellationToken ct)
    {
        // Who asked was asked for the right to when the import was begun.
        var source = remote.MayRead ? await images.FindAsync(remote.Id, ct) : null;
        if (source is not { Status: ImageStatus.Active, BlobId: { } blob, Size: { } size })
            throw NotToBeHad(remote, source is null ? "there is none that you may download" : $"its status is {source.Status.Word()}");
        await using var data = await reader.OpenAsync(blob, 0, size, null, ct);
        return await TakeAsync(image, source.DiskFormat!, source.ContainerFormat!, source.Properties, data, size, remote, ct);
    }

    private async Task<StagedData> FromAfarAsync(ImageRecord image, RemoteImage remote, Guid task, CancellationToken ct)
    {
        if (!options.Value.Regions.TryGetValue(remote.Region, out var endpoint))
            throw NotToBeHad(remote, $"this service knows of no such region; it knows {string.Join(", ", options.Value.Regions.Keys.Prepend(Region.Own))}");
        var token = tokens.Find(task) ?? throw NotToBeHad(remote, "the server was restarted meanwhile and has no token of yours any more; import it again");
        var path = $"{endpoint.AbsoluteUri.TrimEnd('/')}/v2/images/{remote.Id}";
        using var described = await SendAsync(remote, path, token, ct);
        var source = await described.Content.ReadFromJsonAsync(ImagesJson.Default.ImageView, ct);
        if (source is not { Status: "active", DiskFormat: { } disk, ContainerFormat: { } container, Size: { } size })
            throw NotToBeHad(remote, $"its status is {source?.Status}");
        using var sent = await SendAsync(remote, $"{path}/file", token, ct);
        await using var data = await sent.Content.ReadAsStreamAsync(ct);
        return await TakeAsync(image, disk, container, source.Properties, data, size, remote, ct);
    }

    private Task<StagedData> TakeAsync(ImageRecord image, string disk, string container, IReadOnlyDictionary<string, string> properties,
        Stream data, long size, RemoteImage remote, CancellationToken ct)
    {
        var prefixes = options.Value.Properties.Count > 0 ? options.Value.Properties : _travelling;
        var travelling = properties.Where(p => !ImageAttributes.IsReserved(p.Key) && !ImageAttributes.IsSystems(p.Key)
            && prefixes.Any(prefix => p.Key.StartsWith(prefix, StringComparison.Ordinal)));
        return area.TakeAsync(image with { DiskFormat = disk, ContainerFormat = container }, data, 0, found =>
        {
            if (found.Size != size)
                throw NotToBeHad(remote, $"it has {size} bytes, of which {found.Size} came");
        }, travelling.ToDictionary(StringComparer.Ordinal), ct);
    }

    private async Task<HttpResponseMessage> SendAsync(RemoteImage remote, string url, string token, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Add("X-Auth-Token", token);
        try
        {
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            if (response.StatusCode == HttpStatusCode.OK)
                return response;
            using (response)
                throw NotToBeHad(remote, $"{url} answers with {(int)response.StatusCode} {response.ReasonPhrase}");
        }
        catch (HttpRequestException failed)
        {
            throw new Fault(FaultKind.BadRequest, $"{url} cannot be fetched: {(failed.InnerException ?? failed).Message}", failed);
        }
    }

    private static Fault NotToBeHad(RemoteImage remote, string reason) =>
        Fault.BadRequest($"The image {remote.Id} of the region '{remote.Region}' cannot be fetched: {reason}.");
}
