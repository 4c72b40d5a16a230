using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tintype.Images.Caching;
using Tintype.Platform.Http;
using Tintype.Protocol.Images;

namespace Tintype.Images.Versions;

/// <summary>
/// Finds the version of the Images API that a request is for, before a route is chosen and before anybody signs in. It stands in the
/// path (<c>/image/v2.9/images</c>) or in the media type asked for (<c>/image/images</c> with
/// <c>Accept: application/vnd.openstack.images-v2.9</c>); what is left is <c>/image/v2/…</c>, whichever it was.
/// A version that is not known is answered with those that are.
/// </summary>
internal static class VersionNegotiation
{
    private const string MediaType = "application/vnd.openstack.images-";

    public static Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (!context.Request.Path.StartsWithSegments("/image", StringComparison.Ordinal, out var rest))
            return next(context);
        GlanceRequest.CheckTarget(context.Request);
        var (segment, remaining) = Pop(rest);
        if (segment == "versions")
            return WriteAsync(context, StatusCodes.Status200OK);
        if (segment == "healthcheck")
        {
            // Of the whole server, which some look for where the image service is.
            context.Request.Path = "/healthcheck";
            return next(context);
        }

        var accept = context.Request.Headers.Accept.ToString();
        if (accept.StartsWith(MediaType, StringComparison.Ordinal))
            (segment, remaining) = (accept[MediaType.Length..], rest.Value ?? "");
        if (!ImagesApiVersions.Knows(segment, HasCache(context)))
            return WriteAsync(context, StatusCodes.Status300MultipleChoices);
        if (remaining.Length == 0)
        {
            context.Response.Redirect(PublicUrl.Of(context.Request, $"/image/{segment}/"));
            return Task.CompletedTask;
        }

        // As Glance has it, for whoever joins an endpoint that ends in a slash and a path that begins with one.
        remaining = $"/{remaining.TrimStart('/')}";
        // Routing does not tell /images/ from /images; to clients the former is an image without an id, of which there is none.
        if (remaining.Length > 1 && remaining.EndsWith('/'))
            throw Fault.NotFound("The resource could not be found.");
        // As it is: a text that became a path by itself would be decoded a second time, and %2541 would name another thing.
        context.Request.Path = new PathString($"/image/v2{remaining}");
        return next(context);
    }

    private static bool HasCache(HttpContext context) => context.RequestServices.GetRequiredService<IOptions<CacheOptions>>().Value.IsOn;

    private static (string Segment, string Remaining) Pop(PathString path)
    {
        var text = (path.Value ?? "").TrimStart('/');
        var end = text.IndexOf('/', StringComparison.Ordinal);
        return end < 0 ? (text, "") : (text[..end], text[end..]);
    }

    private static Task WriteAsync(HttpContext context, int status)
    {
        ApiLinkView[] links = [new("self", PublicUrl.Of(context.Request, "/image/v2/"))];
        var all = ImagesApiVersions.All(HasCache(context));
        var versions = all.Select(id => new ApiVersionView(id, id == all[0] ? "CURRENT" : "SUPPORTED", links));
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(
            new ApiVersionListView([.. versions]), ImagesJson.Default.ApiVersionListView, "application/json", context.RequestAborted);
    }
}
