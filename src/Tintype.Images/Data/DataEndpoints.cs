using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Tintype.Images.Data.Download;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Staging;
using Tintype.Images.Stores;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Data;

internal static class DataEndpoints
{
    private const string SizePromise = "x-openstack-image-size";
    private const string StoreWish = "x-image-meta-store";

    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void Map(IEndpointRouteBuilder api)
    {
        var file = api.MapGroup("/images/{id:guid}/file");
        file.MapPut("", UploadAsync);
        file.MapGet("", DownloadAsync);
        api.MapPut("/images/{id:guid}/stage", StageAsync);
    }

    private static async Task<NoContent> UploadAsync(
        Guid id, HttpContext http, Caller caller, ImageIngest ingest, ImageStores stores, IOptions<ImageDataOptions> options, CancellationToken ct)
    {
        var store = Store(http.Request, stores);
        return await ReceiveAsync(http, options.Value, (body, promised) => ingest.UploadAsync(id, caller, body, promised, store, ct));
    }

    private static Task<NoContent> StageAsync(Guid id, HttpContext http, Caller caller, ImageStaging staging, IOptions<ImageDataOptions> options, CancellationToken ct) =>
        ReceiveAsync(http, options.Value, (body, promised) => staging.StageAsync(id, caller, body, promised, ct));

    private static async Task<NoContent> ReceiveAsync(HttpContext http, ImageDataOptions options, Func<Stream, long?, Task> receive)
    {
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) || !type.MediaType.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase))
            throw Fault.NotOctetStream(http.Request.ContentType);
        LiftLimits(http);
        try
        {
            await using var body = new ClientBody(http.Request.Body, options.ClientIdleTimeout, http.RequestAborted);
            await receive(body, PromisedSize(http.Request));
        }
        catch (DataSourceException broken)
        {
            // Whoever has hung up gets no answer, and is no error of ours; chunks that cannot be read come from one who still listens.
            http.RequestAborted.ThrowIfCancellationRequested();
            throw Fault.UploadBrokeOff(broken.Received, broken);
        }

        return TypedResults.NoContent();
    }

    private static Task DownloadAsync(Guid id, HttpContext http, Caller caller, ImageDownload download, CancellationToken ct)
    {
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true } && http.Request.ContentLength is not 0)
            throw Fault.BodyNotExpected();
        LiftLimits(http);
        return download.SendAsync(id, caller, http.Request, http.Response, ct);
    }

    /// <exception cref="Fault">400: no store that takes data has the name that the client wishes.</exception>
    private static ImageStore Store(HttpRequest request, ImageStores stores)
    {
        var name = request.Headers[StoreWish].ToString();
        if (name.Length == 0)
            return stores.Default;
        return stores.TryFind(name, out var store) && store.TakesData ? store : throw Fault.UnknownStoreWish(name, stores);
    }

    /// <summary>What the client says the image has: by Content-Length, by a header of its own for chunked uploads, or not at all.</summary>
    private static long? PromisedSize(HttpRequest request)
    {
        var header = request.Headers[SizePromise].ToString();
        if (header.Length == 0)
            return request.ContentLength;
        if (!long.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var promised))
            throw Fault.InvalidSizePromise(header);
        if (request.ContentLength is { } sent && sent != promised)
            throw Fault.SizePromiseBroken(promised, sent);
        return promised;
    }

    /// <summary>Images are larger than Kestrel's limit for bodies, and whoever sends or takes them may pause: a guest's disk is read as it is needed.</summary>
    private static void LiftLimits(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } request)
            request.MinDataRate = null;
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } response)
            response.MinDataRate = null;
    }
}
