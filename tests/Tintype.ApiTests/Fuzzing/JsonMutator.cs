using System.Text;
using System.Text.Json.Nodes;

namespace Tintype.ApiTests.Fuzzing;

/// <summary>Puts something else in one place of a JSON text: another type, another length, a hostile string, far too much of it.</summary>
internal static class JsonMutator
{
    private const string Hole = "#hole#";

    private static readonly string[] _words =
    [
        "public", "private", "community", "shared", "queued", "active", "qcow2", "raw", "iso", "vmdk", "bare", "ovf", "compressed", "true", "accepted", "rejected", "pending", "first", "second", "web", "nowhere", "add", "remove", "replace", "move", "test", "/name", "/id", "/tags", "/status",
        "/locations", "/locations/0", "/locations/-", "/a/b", "//", "/~2", "/~1", "/os_glance_x", "/tintype_x", "/visibility", "/owner", "/protected", "/min_ram", "/disk_format", "web-download", "copy-image", "glance-direct", "http://127.0.0.1:1/", "http://[::1]/", "file:///etc/passwd", "http://0x7f.1/", "",
        "sha512", "md5", "integer", "array", "object", "number", "boolean", "OS::Nova::Flavor", "default", "token", "password",
    ];

    private static readonly string[] _fragments =
    [
        "null", "true", "false", "0", "-1", "1.5", "1e400", "-0", "1E-400", "2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "123456789012345678901234567890", "\"\"", "\"\\u0000\"", "\"a\\u0000b\"", "\"\\ud800\"", "\"\\udc00x\"", "\"\\ud83d\\ude00\"", "\"\ud835\udcb3\"",
        "\"../../etc/passwd\"", "\"..\"", "\"a/b\"", "\"%2e%2e%2f\"", "\"'; DROP TABLE images; --\"", "\"\\r\\nX-Header: y\"", "\"\\u202e\"", "\"\u0130\u0131\"", "\"\\ufeff\"", "\"<script>alert(1)</script>\"", "[]", "{}", "[null]", "[[]]", "{\"\":\"\"}", "[\"a\",\"a\"]", "{\"a\":1,\"a\":2}", "\"2026-13-45T99:99:99Z\"",
        "NaN", "Infinity", "0x10", "01", "\"\\x\"", "'a'", "/* c */ 1", "[1,]", "\"unended",
    ];

    public static string Mutate(JsonNode json, Random random)
    {
        var (fragment, isKey) = (Fragment(random), random.Next(6) == 0);
        var objects = Descendants(json).OfType<JsonObject>().ToList();
        var places = Descendants(json).Where(n => n.Parent is not null).ToList();
        if (isKey && objects.Count > 0)
        {
            var key = random.Next(3) == 0 ? $"\"{_words[random.Next(_words.Length)]}\"" : Key(fragment);
            objects[random.Next(objects.Count)][Hole] = random.Next(2) == 0 ? "v" : random.Next();
            return Filled(json, key);
        }

        if (random.Next(5) == 0 && places.Count > 0)
        {
            Remove(places[random.Next(places.Count)]);
            return json.ToJsonString();
        }

        if (places.Count == 0 || random.Next(15) == 0)
            return fragment;
        Replace(places[random.Next(places.Count)]);
        return Filled(json, fragment);
    }

    private static string Fragment(Random random) => random.Next(20) switch
    {
        0 => Nested(random.Next(2) == 0 ? "[" : "{\"a\":", random.Next(2) == 0 ? "]" : "}", random.Next(3) switch { 0 => 30, 1 => 100, _ => 20_000 }),
        1 => $"{{{string.Join(',', Enumerable.Range(0, random.Next(2) == 0 ? 200 : 10_000).Select(i => $"\"k{i}\":\"v\""))}}}",
        2 => $"[{string.Join(',', Enumerable.Range(0, random.Next(2) == 0 ? 200 : 10_000).Select(i => $"\"k{i}\""))}]",
        3 or 4 => $"\"{new string("aé\u00df"[random.Next(3)], random.Next(4) switch { 0 => 81, 1 => 256, 2 => 70_000, _ => random.Next(1, 300) })}\"",
        5 => $"\"{Convert.ToBase64String(Enumerable.Range(0, 30).Select(_ => (byte)random.Next(256)).ToArray())}\"",
        < 11 => $"\"{_words[random.Next(_words.Length)]}\"",
        _ => _fragments[random.Next(_fragments.Length)],
    };

    // A member's name is a string, whatever else is put there; some that are none are for the parser to refuse.
    private static string Key(string fragment) => fragment.StartsWith('"') || fragment.Length < 5 ? fragment : "\"k\"";

    private static string Nested(string open, string close, int depth) =>
        new StringBuilder().Insert(0, open, depth).Append('1').Insert(open.Length * depth + 1, close, depth).ToString();

    private static string Filled(JsonNode json, string fragment) => json.ToJsonString().Replace($"\"{Hole}\"", fragment, StringComparison.Ordinal);

    private static IEnumerable<JsonNode> Descendants(JsonNode node) => node switch
    {
        JsonObject members => members.Where(m => m.Value is not null).SelectMany(m => Descendants(m.Value!)).Prepend(node),
        JsonArray items => items.Where(i => i is not null).SelectMany(i => Descendants(i!)).Prepend(node),
        _ => [node],
    };

    private static void Remove(JsonNode node)
    {
        if (node.Parent is JsonObject members)
            members.Remove(node.GetPropertyName());
        else
            node.Parent!.AsArray().Remove(node);
    }

    private static void Replace(JsonNode node)
    {
        if (node.Parent is JsonObject members)
            members[node.GetPropertyName()] = Hole;
        else
            node.Parent!.AsArray()[node.GetElementIndex()] = Hole;
    }
}
