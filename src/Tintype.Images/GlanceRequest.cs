using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Tintype.Platform.Http;

namespace Tintype.Images;

/// <summary>What Glance asks of every request's body.</summary>
internal static class GlanceRequest
{
    /// <summary>Routes that take no body refuse one.</summary>
    public static RouteHandlerBuilder RejectBody(this RouteHandlerBuilder route) => route.AddEndpointFilter((context, next) =>
        HasBody(context.HttpContext.Request) ? throw Fault.BadRequest("A body is not expected with this request.") : next(context));

    /// <summary>What is escaped in a URL must be text; the framework would take it for the escapes themselves.</summary>
    /// <exception cref="Fault">400.</exception>
    public static void CheckTarget(HttpRequest request)
    {
        var target = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.Contains('%', StringComparison.Ordinal))
            return;
        var bytes = Encoding.UTF8.GetBytes(target);
        if (!Utf8.IsValid(WebUtility.UrlDecodeToBytes(bytes, 0, bytes.Length)))
            throw Fault.BadRequest($"Error decoding your request: the URL '{target}' has escapes that are not of UTF-8.");
    }

    /// <summary>The body as JSON. The caller disposes it.</summary>
    public static Task<JsonDocument> ReadJsonAsync(HttpRequest request, CancellationToken ct) => HasBody(request)
        ? JsonBody.ReadDocumentAsync(request, ct)
        : throw Fault.BadRequest("Body expected in request.");

    private static bool HasBody(HttpRequest request) => request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0;
}
