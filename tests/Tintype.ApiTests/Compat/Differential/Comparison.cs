using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tintype.ApiTests.Compat.Differential;

/// <summary>
/// Compares two answers to one request: the status; the headers that clients act on; the body, without the ids and times that every
/// service makes itself and without the sentences of refusals, which differ by design.
/// </summary>
internal static partial class Comparison
{
    private static readonly string[] _headers =
    [
        "Content-Type", "Location", "Content-Range", "Accept-Ranges", "Content-MD5", "Retry-After", "Allow", "Accept-Patch", "WWW-Authenticate", "Vary",
        "OpenStack-image-import-methods", "OpenStack-image-store-ids", "X-Image-Meta-Store", "Content-Disposition", "Content-Encoding", "ETag",
        "Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Allow-Credentials",
        "Access-Control-Expose-Headers", "Access-Control-Max-Age",
    ];

    /// <summary>
    /// What differs, by a name that a scenario can tell: <c>status 400 404</c> (Glance's, ours; nothing else is compared then),
    /// <c>header Allow</c>, <c>body images[].size</c>; each with both values, for whoever has to look into it.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Of((Answer Answer, Words Words, string Root) theirs, (Answer Answer, Words Words, string Root) ours)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (theirs.Answer.Status != ours.Answer.Status)
        {
            found[$"status {theirs.Answer.Status} {ours.Answer.Status}"] = $"{Short(theirs.Answer.Text)} | {Short(ours.Answer.Text)}";
            return found;
        }

        foreach (var name in _headers)
        {
            var (their, our) = (Header(theirs, name), Header(ours, name));
            if (their != our)
                found[$"header {name}"] = $"{their ?? "none"} | {our ?? "none"}";
        }

        if (theirs.Answer.ContentType == "application/octet-stream" && Header(theirs, "Content-Length") != Header(ours, "Content-Length"))
            found["header Content-Length"] = $"{Header(theirs, "Content-Length") ?? "none"} | {Header(ours, "Content-Length") ?? "none"}";
        Bodies(theirs, ours, found);
        return found;
    }

    private static void Bodies((Answer Answer, Words Words, string Root) theirs, (Answer Answer, Words Words, string Root) ours, SortedDictionary<string, string> found)
    {
        var refused = theirs.Answer.Status >= 400;
        if (theirs.Answer.Json is { } their && ours.Answer.Json is { } our)
            Values(Plain(their, theirs), Plain(our, ours), "", refused, found);
        else if (refused && HtmlShape(theirs.Answer) is { } theirShape && HtmlShape(ours.Answer) is { } ourShape)
            Add(found, "body", theirShape, ourShape);
        else if (refused && theirs.Answer.ContentType.StartsWith("text/plain", StringComparison.Ordinal))
            Add(found, "body", theirs.Answer.Body.Length > 0 ? "text" : "", ours.Answer.Body.Length > 0 ? "text" : "");
        else
            Add(found, "body", Plain(theirs.Answer.Text, theirs), Plain(ours.Answer.Text, ours));
    }

    private static void Values(JsonNode? theirs, JsonNode? ours, string path, bool refused, SortedDictionary<string, string> found)
    {
        if (refused && path is "message" or "error.message")
            return;
        switch (theirs, ours)
        {
            case (JsonObject their, JsonObject our):
                foreach (var name in their.Select(p => p.Key).Union(our.Select(p => p.Key)))
                {
                    var at = path.Length == 0 ? name : $"{path}.{name}";
                    if (!their.ContainsKey(name) || !our.ContainsKey(name))
                        found[$"body {at}"] = $"{(their.ContainsKey(name) ? Short(their[name]?.ToJsonString() ?? "null") : "absent")} | {(our.ContainsKey(name) ? Short(our[name]?.ToJsonString() ?? "null") : "absent")}";
                    else
                        Values(their[name], our[name], at, refused, found);
                }

                break;
            case (JsonArray their, JsonArray our) when their.Count == our.Count:
                for (var i = 0; i < their.Count; i++)
                    Values(their[i], our[i], $"{path}[]", refused, found);
                break;
            default:
                if (!JsonNode.DeepEquals(theirs, ours))
                    found[$"body {path}".TrimEnd()] = $"{Short(theirs?.ToJsonString() ?? "null")} | {Short(ours?.ToJsonString() ?? "null")}";
                break;
        }
    }

    private static void Add(SortedDictionary<string, string> found, string what, string theirs, string ours)
    {
        if (theirs != ours)
            found[what] = $"{Short(theirs)} | {Short(ours)}";
    }

    private static string? Header((Answer Answer, Words Words, string Root) side, string name)
    {
        if (!side.Answer.Headers.TryGetValue(name, out var value))
            return null;
        value = Plain(value, side);
        return name switch
        {
            "Allow" or "Vary" or "Access-Control-Allow-Methods" or "Access-Control-Allow-Headers" or "Access-Control-Expose-Headers" => string.Join(", ", value.Split(',', StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal)),
            // A charset has no case: RFC 9110, 8.3.2.
            "Content-Type" => value.Replace("charset=utf-8", "charset=UTF-8", StringComparison.Ordinal),
            _ => value,
        };
    }

    private static string? HtmlShape(Answer answer) =>
        answer.ContentType.StartsWith("text/html", StringComparison.Ordinal) ? string.Join(' ', Html.Matches(answer.Text).Select(m => m.Value)) : null;

    private static JsonNode? Plain(JsonNode? node, (Answer Answer, Words Words, string Root) side) => node switch
    {
        JsonObject o => new JsonObject(o.Select(p => KeyValuePair.Create(Plain(p.Key, side), Member(p.Key, Plain(p.Value, side))))),
        JsonArray a => new JsonArray([.. a.Select(item => Plain(item, side))]),
        JsonValue v when v.GetValueKind() == JsonValueKind.String => JsonValue.Create(Plain(v.GetValue<string>(), side)),
        _ => node?.DeepClone(),
    };

    private static JsonNode? Member(string name, JsonNode? value) => name switch
    {
        "tags" => Sorted(value),
        // Seconds with fractions.
        "last_accessed" or "last_modified" when value?.GetValueKind() == JsonValueKind.Number => JsonValue.Create("time"),
        _ => value,
    };

    // Glance keeps them as a set, in an order that changes from one process to the next.
    private static JsonNode? Sorted(JsonNode? tags) => tags is JsonArray texts && texts.All(text => text is JsonValue value && value.GetValueKind() == JsonValueKind.String)
        ? new JsonArray([.. texts.Select(text => (string)text!).Order(StringComparer.Ordinal).Select(text => JsonValue.Create(text))])
        : tags;

    private static string Plain(string text, (Answer Answer, Words Words, string Root) side)
    {
        text = text.Replace(side.Root, "{root}", StringComparison.Ordinal);
        foreach (var (id, name) in side.Words.Ids)
            text = text.Replace(id, $"{{{name}}}", StringComparison.Ordinal);
        text = Guids.Replace(text, "{guid}");
        return Times.Replace(text, match => Digits.Replace(match.Value, "0"));
    }

    private static string Short(string text) => Spaces.Replace(text.Length <= 400 ? text : $"{text[..400]}…", " ").Trim();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces { get; }

    [GeneratedRegex("<(title|h1)>.*?</(title|h1)>")]
    private static partial Regex Html { get; }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Guids { get; }

    [GeneratedRegex(@"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?")]
    private static partial Regex Times { get; }

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits { get; }
}
