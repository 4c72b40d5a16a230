using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tintype.TestSupport;

/// <summary>JSON in one form, so that a whole body can be compared as text and a difference is seen in its line.</summary>
public static class JsonText
{
    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    /// <summary>Indented, the members of each object by name.</summary>
    public static string Canonical(string json) => Sort(JsonNode.Parse(json))?.ToJsonString(_indented) ?? "null";

    private static JsonNode? Sort(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, Sort(m.Value)))),
        JsonArray a => new JsonArray([.. a.Select(Sort)]),
        _ => node?.DeepClone(),
    };
}
