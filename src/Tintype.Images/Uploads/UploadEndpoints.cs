using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Uploads;

internal static class UploadEndpoints
{
    private const string Offset = "Upload-Offset";
    private const string Length = "Upload-Length";
    private const string Metadata = "Upload-Metadata";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup(TusProtocol.Root);
        // What is offered may be asked without a token, as a browser does.
        api.MapMethods("", ["OPTIONS"], Describe).AllowAnonymous();
        api.MapMethods("/{id:guid}", ["OPTIONS"], Describe).AllowAnonymous();
        api.MapPost("", CreateAsync);
        api.MapMethods("/{id:guid}", ["HEAD"], ShowAsync);
        api.MapPatch("/{id:guid}", ReceiveAsync);
        api.MapDelete("/{id:guid}", TerminateAsync);
    }

    private static void Describe(HttpResponse response, ImageUploads uploads)
    {
        response.StatusCode = StatusCodes.Status204NoContent;
        response.Headers["Tus-Version"] = TusProtocol.Version;
        response.Headers["Tus-Extension"] = TusProtocol.Extensions;
        response.Headers["Tus-Checksum-Algorithm"] = UploadChecksum.Algorithms;
        response.Headers["Tus-Max-Size"] = uploads.MaximumSize.ToString(CultureInfo.InvariantCulture);
    }

    private static async Task CreateAsync(HttpContext http, Caller caller, ImageUploads uploads, CancellationToken ct)
    {
        var request = http.Request;
        if (request.Headers.ContainsKey("Upload-Concat"))
            throw Fault.NotConcatenable();
        if (!request.Headers.ContainsKey(Length))
            throw Fault.LengthMissing();
        var hasBytes = request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0;
        var checksum = hasBytes ? CheckBody(http) : null;
        var upload = await uploads.CreateAsync(caller, Number(request, Length), request.Headers[Metadata].ToString(), ct);
        // Of an empty image all bytes are here already.
        if (hasBytes || upload.Length == 0)
            upload = await uploads.ReceiveAsync(upload.Id, caller, 0, checksum, request.ContentLength, request.Body, ct);
        http.Response.StatusCode = StatusCodes.Status201Created;
        http.Response.Headers.Location = PublicUrl.Of(request, $"{TusProtocol.Root}/{upload.Id}");
        Tell(http.Response, upload);
    }

    private static async Task ShowAsync(Guid id, HttpContext http, Caller caller, ImageUploads uploads, CancellationToken ct)
    {
        var upload = await uploads.FindAsync(id, caller, ct);
        Tell(http.Response, upload);
        http.Response.Headers[Length] = upload.Length.ToString(CultureInfo.InvariantCulture);
        http.Response.Headers[Metadata] = upload.Metadata;
        http.Response.Headers.CacheControl = "no-store";
    }

    private static async Task ReceiveAsync(Guid id, HttpContext http, Caller caller, ImageUploads uploads, CancellationToken ct)
    {
        var checksum = CheckBody(http);
        var upload = await uploads.ReceiveAsync(id, caller, Number(http.Request, Offset), checksum, http.Request.ContentLength, http.Request.Body, ct);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        Tell(http.Response, upload);
    }

    private static async Task TerminateAsync(Guid id, HttpContext http, Caller caller, ImageUploads uploads, CancellationToken ct)
    {
        await uploads.TerminateAsync(id, caller, ct);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static void Tell(HttpResponse response, ResumableUpload upload)
    {
        response.Headers[Offset] = upload.Offset.ToString(CultureInfo.InvariantCulture);
        response.Headers["Upload-Expires"] = upload.ExpiresAt.ToString("R", CultureInfo.InvariantCulture);
    }

    /// <summary>Whether the body is one of an upload; and its limits are lifted, since silence ends it anyway.</summary>
    private static UploadChecksum? CheckBody(HttpContext http)
    {
        if (!string.Equals(http.Request.ContentType, TusProtocol.ContentType, StringComparison.OrdinalIgnoreCase))
            throw Fault.NotOffsetOctetStream(http.Request.ContentType);
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        return http.Request.Headers.TryGetValue("Upload-Checksum", out var checksum) ? UploadChecksum.Parse(checksum.ToString()) : null;
    }

    private static long Number(HttpRequest request, string name)
    {
        var value = request.Headers[name].ToString();
        return long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Fault.NotAnOffset(name, value);
    }
}
