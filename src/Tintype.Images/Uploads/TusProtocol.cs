using Microsoft.AspNetCore.Http;
using Tintype.Platform.Http;

namespace Tintype.Images.Uploads;

/// <summary>What the tus protocol 1.0.0 (https://tus.io/protocols/resumable-upload) asks of every request and every answer.</summary>
internal static class TusProtocol
{
    public const string Root = "/tintype/v1/uploads";
    public const string Version = "1.0.0";
    public const string ContentType = "application/offset+octet-stream";
    public const string Extensions = "creation,creation-with-upload,checksum,termination,expiration";

    /// <summary>Before a route is chosen: the method may stand in a header, for clients behind proxies that know few methods.</summary>
    public static Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (!context.Request.Path.StartsWithSegments(Root, StringComparison.Ordinal))
            return next(context);
        // At the last moment: refusals have it too, and they begin with a clean answer.
        context.Response.OnStarting(() =>
        {
            context.Response.Headers["Tus-Resumable"] = Version;
            return Task.CompletedTask;
        });
        var request = context.Request;
        if (HttpMethods.IsPost(request.Method) && request.Headers.TryGetValue("X-HTTP-Method-Override", out var instead))
            request.Method = instead.ToString().ToUpperInvariant();
        if (!HttpMethods.IsOptions(request.Method) && (!request.Headers.TryGetValue("Tus-Resumable", out var version) || version != Version))
            throw Fault.OtherTusVersion(version);
        return next(context);
    }
}
