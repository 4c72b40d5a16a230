using Microsoft.AspNetCore.Http;
using Tintype.Platform.Http;
using Tintype.Protocol.Identity;

namespace Tintype.Identity;

/// <summary>What all of Identity's lists and resources have in common on the wire.</summary>
internal static class Lists
{
    public static readonly IReadOnlyDictionary<string, bool> NoOptions = new Dictionary<string, bool>();

    public static Links LinksOf(HttpRequest request) => new(null, PublicUrl.Of(request, request.Path + request.QueryString), null);

    /// <param name="path">Below <c>/identity/v3</c>, for example <c>/projects/1234</c>.</param>
    public static string Url(HttpRequest request, string path) => PublicUrl.Of(request, "/identity/v3" + path);

    /// <summary>The value to filter by; null when the query does not name it.</summary>
    public static string? Filter(HttpRequest request, string name) => request.Query.TryGetValue(name, out var value) ? value.ToString() : null;

    /// <summary>Keystone's reading of a flag: a name without a value is true.</summary>
    public static bool? Flag(HttpRequest request, string name) => Filter(request, name) is { } value
        ? !value.Equals("false", StringComparison.OrdinalIgnoreCase) && value != "0"
        : null;
}
