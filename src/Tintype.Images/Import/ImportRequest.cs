using System.Text.Json;
using Tintype.Platform.Http;

namespace Tintype.Images.Import;

/// <summary>The ways to bring data into an image, by the names that clients use.</summary>
internal enum ImportMethod
{
    /// <summary><c>glance-direct</c>: what was staged.</summary>
    GlanceDirect,

    /// <summary><c>web-download</c>: what lies under a URL.</summary>
    WebDownload,

    /// <summary><c>copy-image</c>: what the image has, into further stores.</summary>
    CopyImage,

    /// <summary><c>glance-download</c>: what an image of another region has.</summary>
    GlanceDownload,
}

internal static class ImportMethods
{
    public static IReadOnlyList<string> All { get; } = ["glance-direct", "web-download", "copy-image", "glance-download"];

    public static string Word(this ImportMethod method) => All[(int)method];

    public static ImportMethod? Parse(string word) => All.ToList().IndexOf(word) is >= 0 and var at ? (ImportMethod)at : null;
}

/// <summary>
/// The body of an import:
/// <code>{"method": {"name": "web-download", "uri": "http://…"}, "stores": ["a"], "all_stores": false, "all_stores_must_succeed": true}</code>
/// </summary>
/// <param name="Uri">Only of web-download.</param>
/// <param name="Remote">Only of glance-download; whether the caller may read it is for others to say.</param>
/// <param name="Stores">Names; null when the body has none.</param>
/// <param name="MustAllSucceed">Whether one store that fails makes the whole import fail.</param>
internal sealed record ImportRequest(ImportMethod Method, string? Uri, RemoteImage? Remote, IReadOnlyList<string>? Stores, bool AllStores, bool MustAllSucceed)
{
    /// <summary>What the data is promised to be; null if nothing is said of it.</summary>
    public DataPromise? Promise { get; init; }

    /// <summary>The whole body, as it was sent.</summary>
    public required JsonElement Body { get; init; }

    /// <exception cref="Fault">400.</exception>
    public static ImportRequest Parse(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
            throw Fault.BadRequest("The body of an import is a JSON object, for example {\"method\": {\"name\": \"glance-direct\"}}.");
        if (!body.TryGetProperty("method", out var method) || method.ValueKind != JsonValueKind.Object)
            throw Fault.BadRequest("Import request requires a 'method' field.");
        if (!method.TryGetProperty("name", out var name))
            throw Fault.BadRequest("Import request requires a 'name' field.");
        var word = name.ValueKind == JsonValueKind.String ? name.GetString()! : name.GetRawText();
        var known = ImportMethods.Parse(word) ?? throw Fault.BadRequest($"Unknown import method name '{word}'.");
        var promise = DataPromise.Parse(method);
        if (promise is not null && known == ImportMethod.CopyImage)
            throw Fault.BadRequest($"copy-image brings no data that '{DataPromise.Member}' could be about; a copy is held against the image's own hash.");
        return new ImportRequest(known, known == ImportMethod.WebDownload ? Url(method) : null,
            known == ImportMethod.GlanceDownload ? RemoteOf(method) : null, Names(body),
            Flag(body, "all_stores", false), Flag(body, "all_stores_must_succeed", true))
        {
            Promise = promise,
            Body = body.Clone(),
        };
    }

    private static string Url(JsonElement method) => method.TryGetProperty("uri", out var uri) && uri.ValueKind == JsonValueKind.String
        ? uri.GetString()!
        : throw Fault.BadRequest("The method web-download requires a 'uri' field, for example \"uri\": \"https://example.org/disk.qcow2\".");

    private static RemoteImage RemoteOf(JsonElement method)
    {
        var region = Needed(method, "glance_region");
        var id = Needed(method, "glance_image_id");
        return Guid.TryParse(id, out var parsed)
            ? new RemoteImage(region, parsed, false)
            : throw Fault.BadRequest($"Remote image id does not look like a UUID: {id}");
    }

    private static string Needed(JsonElement method, string name) => method.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw Fault.BadRequest($"'{name}' needs to be set for glance-download import method");

    private static bool Flag(JsonElement body, string name, bool byDefault)
    {
        if (!body.TryGetProperty(name, out var value))
            return byDefault;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw Fault.BadRequest($"'{name}' must be boolean value only");
    }

    private static List<string>? Names(JsonElement body)
    {
        if (!body.TryGetProperty("stores", out var stores))
            return null;
        if (stores.ValueKind != JsonValueKind.Array || stores.EnumerateArray().Any(s => s.ValueKind != JsonValueKind.String))
            throw Fault.BadRequest($"'stores' is a list of names of stores, not {(stores.ValueKind == JsonValueKind.Array ? "of anything else" : "a single value")}.");
        return [.. stores.EnumerateArray().Select(s => s.GetString()!).Distinct(StringComparer.Ordinal)];
    }
}
