using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Tintype.Images;

/// <summary>The parameters of a list's query, and the links to its pages that are made of them.</summary>
internal static class QueryParameters
{
    /// <summary>In their order, with their case: to <c>request.Query</c> the parameters "Os" and "os" are one.</summary>
    public static List<KeyValuePair<string, string>> Read(HttpRequest request)
    {
        var parameters = new List<KeyValuePair<string, string>>();
        foreach (var pair in new QueryStringEnumerable(request.QueryString.Value))
            parameters.Add(new(pair.DecodeName().ToString(), pair.DecodeValue().ToString()));
        return parameters;
    }

    /// <summary>Relative to the API's root, and form-encoded as Glance's are: clients take the link apart and put it together again.</summary>
    public static string Link(string path, IReadOnlyList<KeyValuePair<string, string>> parameters) => parameters.Count == 0
        ? path
        : $"{path}?{string.Join('&', parameters.Select(p => $"{Encode(p.Key)}={Encode(p.Value)}"))}";

    private static string Encode(string text) => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal);
}
