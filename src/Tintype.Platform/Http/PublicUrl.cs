using Microsoft.AspNetCore.Http;

namespace Tintype.Platform.Http;

/// <summary>
/// Absolute URLs as the client sees this server: from the <c>Host</c> header, so that one server works behind any
/// name without configuration.
/// </summary>
public static class PublicUrl
{
    /// <param name="request">The request being answered.</param>
    /// <param name="path">An absolute path on this server, for example <c>/image/v2/</c>.</param>
    public static string Of(HttpRequest request, string path) => $"{request.Scheme}://{request.Host}{path}";
}
