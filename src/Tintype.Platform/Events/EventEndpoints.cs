using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Platform.Events;

internal static class EventEndpoints
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/tintype/v1/events", FollowAsync);

    private static async Task FollowAsync(HttpContext http, Caller caller, TaskEvents events, IHostApplicationLifetime host)
    {
        var said = http.Request.Headers["Last-Event-ID"].ToString();
        long? last = said.Length == 0 ? null
            : long.TryParse(said, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id
            : throw Fault.BadRequest($"Last-Event-ID is the id of an event that this service has sent, a number, not '{said}'.");
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-cache, no-store";
        // nginx would keep events back until it has a block of them.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        // Otherwise a server that stops would wait for those who only listen.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, host.ApplicationStopping);
        try
        {
            await events.WriteAsync(new EventWriter(http.Response.BodyWriter), caller, http.Request.Headers[AuthenticationMiddleware.Header].ToString(), last, end.Token);
        }
        catch (OperationCanceledException)
        {
            // The client or the server goes; whoever connects again says what it has heard last.
        }
    }
}
