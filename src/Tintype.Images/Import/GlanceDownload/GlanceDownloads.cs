using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Tintype.Images.Data;
using Tintype.Images.Data.Download;
using Tintype.Images.Data.Hashing;
using Tintype.Images.Import.WebDownload;
using Tintype.Images.Records;
using Tintype.Images.Staging;
using Tintype.Platform;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;
using Tintype.Protocol.Images;

namespace Tintype.Images.Import.GlanceDownload;

/// <summary>Fetches an image of another region, or another image of this one, with its formats and the properties that travel.</summary>
internal sealed class GlanceDownloads(
    StagingArea area, ImageRepository images, BlobReader reader, ForwardedTokens tokens, IOptions<GlanceDownloadOptions> options, IOptions<DownloadOptions> web) : IDisposable
{
    // Glance's default (glance_download_properties).
    private static readonly string[] _travelling = ["hw_", "trait:", "os_distro", "os_secure_boot", "os_type"];

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <exception cref="Fault">There is no such image to be had; the sentence says why.</exception>
    public Task<StagedData> FetchAsync(ImageRecord image, RemoteImage remote, TaskContext task, StagedExtras extras, CancellationToken ct) =>
        remote.Region == Region.Own ? FromHereAsync(image, remote, task, extras, ct) : FromAfarAsync(image, remote, task, extras, ct);

    public void Dispose() => _http.Dispose();

    private async Task<StagedData> FromHereAsync(ImageRecord image, RemoteImage remote, TaskContext task, StagedExtras extras, CancellationToken ct)
    {
        // Who asked was asked for the right to when the import was begun.
        var source = remote.MayRead ? await images.FindAsync(remote.Id, ct) : null;
        if (source is not { Status: ImageStatus.Active, BlobId: { } blob, Size: { } size })
            throw NotToBeHad(remote, source is null ? "there is none that you may download" : $"its status is {source.Status.Word()}");
        await using var data = await reader.OpenAsync(blob, 0, size, null, ct);
        return await TakeAsync(image, new Source(source.DiskFormat!, source.ContainerFormat!, size, source.Hash, source.Properties), data, remote, task, extras, ct);
    }

    private async Task<StagedData> FromAfarAsync(ImageRecord image, RemoteImage remote, TaskContext task, StagedExtras extras, CancellationToken ct)
    {
        if (!options.Value.Regions.TryGetValue(remote.Region, out var endpoint))
            throw NotToBeHad(remote, $"this service knows of no such region; it knows {string.Join(", ", options.Value.Regions.Keys.Prepend(Region.Own))}");
        var token = tokens.Find(task.Task.Id) ?? throw NotToBeHad(remote, "the server was restarted meanwhile and has no token of yours any more; import it again");
        var path = $"{endpoint.AbsoluteUri.TrimEnd('/')}/v2/images/{remote.Id}";
        using var described = await SendAsync(remote, path, token, ct);
        var source = await ReadAsync(remote, path, described, ct);
        if (source is not { Status: "active", DiskFormat: { } disk, ContainerFormat: { } container, Size: { } size })
            throw NotToBeHad(remote, $"its status is {source?.Status}");
        using var sent = await SendAsync(remote, $"{path}/file", token, ct);
        await using var data = await BodyAsync($"{path}/file", sent, ct);
        var hash = source is { OsHashAlgo: { } algorithm, OsHashValue: { } value } && HashKind.Find(algorithm) is not null ? new ImageHash(algorithm, value) : null;
        return await TakeAsync(image, new Source(disk, container, size, hash, source.Properties), data, remote, task, extras, ct);
    }

    private async Task<StagedData> TakeAsync(ImageRecord image, Source source, Stream data, RemoteImage remote, TaskContext task, StagedExtras extras, CancellationToken ct)
    {
        var prefixes = options.Value.Properties.Count > 0 ? options.Value.Properties : _travelling;
        var travelling = source.Properties.Where(p => !ImageAttributes.IsReserved(p.Key) && !ImageAttributes.IsSystems(p.Key)
            && prefixes.Any(prefix => p.Key.StartsWith(prefix, StringComparison.Ordinal)));
        await using var counted = new CountedStream(data, source.Size, task);
        return await area.TakeAsync(image with { DiskFormat = source.DiskFormat, ContainerFormat = source.ContainerFormat }, counted, 0, found =>
        {
            if (found.Size != source.Size)
                throw NotToBeHad(remote, $"it has {source.Size} bytes, of which {found.Size} came");
            if (source.Hash is { } hash && found.Digests[hash.Algorithm] is var came && came != hash.Value)
                throw NotToBeHad(remote, $"its {hash.Algorithm} is {hash.Value}, and that of what came {came}");
        }, extras with
        {
            Properties = travelling.ToDictionary(StringComparer.Ordinal),
            Hashes = source.Hash is null ? extras.Hashes : extras.Hashes.Append(HashKind.Get(source.Hash.Algorithm)),
        }, ct);
    }

    private async Task<ImageView?> ReadAsync(RemoteImage remote, string url, HttpResponseMessage described, CancellationToken ct)
    {
        try
        {
            await using var body = await BodyAsync(url, described, ct);
            return await JsonSerializer.DeserializeAsync(body, ImagesJson.Default.ImageView, ct);
        }
        catch (Exception other) when (other is JsonException or FormatException or InvalidOperationException)
        {
            // No JSON, or JSON of something else.
            throw NotToBeHad(remote, $"{url} answers with something else than an image's description");
        }
    }

    /// <summary>What is sent, from a service that may break off, but must not fall silent: it would hold up the imports of others.</summary>
    private async Task<Stream> BodyAsync(string url, HttpResponseMessage response, CancellationToken ct) => new IdleTimeoutStream(
        await response.Content.ReadAsStreamAsync(ct), url, web.Value.IdleTimeout, (sentence, cause) => new Fault(FaultKind.BadRequest, sentence, cause));

    private async Task<HttpResponseMessage> SendAsync(RemoteImage remote, string url, string token, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Add("X-Auth-Token", token);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(web.Value.IdleTimeout);
        try
        {
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            if (response.StatusCode == HttpStatusCode.OK)
                return response;
            using (response)
                throw NotToBeHad(remote, $"{url} answers with {(int)response.StatusCode} {response.ReasonPhrase}");
        }
        catch (OperationCanceledException late) when (!ct.IsCancellationRequested)
        {
            throw new Fault(FaultKind.BadRequest, $"{url} did not answer within {web.Value.IdleTimeout.TotalSeconds:F0} s.", late);
        }
        catch (HttpRequestException failed)
        {
            throw new Fault(FaultKind.BadRequest, $"{url} cannot be fetched: {(failed.InnerException ?? failed).Message}", failed);
        }
    }

    /// <param name="Hash">Null if there is none, or of a kind that is not known here.</param>
    private sealed record Source(string DiskFormat, string ContainerFormat, long Size, ImageHash? Hash, IReadOnlyDictionary<string, string> Properties);

    private static Fault NotToBeHad(RemoteImage remote, string reason) =>
        Fault.BadRequest($"The image {remote.Id} of the region '{remote.Region}' cannot be fetched: {reason}.");
}
