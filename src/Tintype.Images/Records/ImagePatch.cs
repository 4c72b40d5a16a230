using System.Text.Json;
using System.Text.RegularExpressions;
using Tintype.Images.Locations;
using Tintype.Platform.Http;

namespace Tintype.Images.Records;

internal enum PatchOperation
{
    Add,
    Remove,
    Replace,
}

/// <summary>The two dialects of JSON patch that Glance takes, by the draft of the standard that each follows.</summary>
internal enum PatchDialect
{
    /// <summary><c>application/openstack-images-v2.0-json-patch</c>: <c>{"add": "/name", "value": "x"}</c>; add never replaces.</summary>
    V20,

    /// <summary><c>application/openstack-images-v2.1-json-patch</c>: <c>{"op": "add", "path": "/name", "value": "x"}</c>; add replaces.</summary>
    V21,
}

/// <param name="Name">The attribute or property: pointers into an image have one step, but for <c>/locations/N</c>.</param>
/// <param name="Value">Undefined for a removal.</param>
internal sealed record ImageChange(PatchOperation Operation, string Name, JsonElement Value)
{
    /// <summary>The second step of the pointer: where in the list of locations. Null where there is none.</summary>
    public string? Step { get; init; }
}

/// <summary>Reads a patch. Everything that is wrong with it in itself is refused here, before any image is looked for.</summary>
internal static partial class ImagePatch
{
    private const string V20Type = "application/openstack-images-v2.0-json-patch";
    private const string V21Type = "application/openstack-images-v2.1-json-patch";
    private const string Operations = "add, remove, replace";

    /// <exception cref="Fault">415, with what would be accepted in <c>Accept-Patch</c>.</exception>
    public static PatchDialect Dialect(string? contentType) => (contentType ?? "").Split(';')[0].Trim().ToLowerInvariant() switch
    {
        V20Type => PatchDialect.V20,
        V21Type => PatchDialect.V21,
        _ => throw new Fault(FaultKind.UnsupportedMediaType, $"Image PATCH expects Content-Type one of: {V20Type}, {V21Type}")
            .WithHeader("Accept-Patch", $"{V20Type}, {V21Type}"),
    };

    /// <exception cref="Fault">400 malformed; 403 an attribute that clients do not write.</exception>
    public static IReadOnlyList<ImageChange> Parse(JsonElement body, PatchDialect dialect) => body.ValueKind == JsonValueKind.Array
        ? [.. body.EnumerateArray().Select(change => ParseChange(change, dialect))]
        : throw Fault.BadRequest("Request body must be a JSON array of operation objects.");

    private static ImageChange ParseChange(JsonElement change, PatchDialect dialect)
    {
        if (change.ValueKind != JsonValueKind.Object)
            throw Fault.BadRequest("Operations must be JSON objects.");
        var (operation, pointer) = dialect == PatchDialect.V21 ? OfV21(change) : OfV20(change);
        var path = Steps(pointer);
        var depth = path[0] == "locations" && operation != PatchOperation.Replace ? 2 : 1;
        if (path.Length != depth)
            throw Fault.BadRequest($"Invalid JSON pointer for this resource: '/{string.Join('/', path)}'");

        var value = default(JsonElement);
        if (operation != PatchOperation.Remove && !change.TryGetProperty("value", out value))
            throw Fault.BadRequest($"Operation \"{Word(operation)}\" requires a member named \"value\".");
        Validate(path[0], operation, value);
        return new ImageChange(operation, path[0], value) { Step = depth == 2 ? path[1] : null };
    }

    private static (PatchOperation Operation, string Pointer) OfV21(JsonElement change)
    {
        if (!change.TryGetProperty("op", out var op))
            throw Fault.BadRequest($"Unable to find `op` in JSON Schema change. It must be one of the following: {Operations}.");
        var operation = op.ValueKind == JsonValueKind.String ? Operation(op.GetString()!) : null;
        if (operation is null)
            throw Fault.BadRequest($"Invalid operation: `{(op.ValueKind == JsonValueKind.String ? op.GetString() : op.GetRawText())}`. It must be one of the following: {Operations}.");
        return change.TryGetProperty("path", out var path)
            ? (operation.Value, Pointer(path))
            : throw Fault.BadRequest("Unable to find 'path' in JSON Schema change");
    }

    private static (PatchOperation Operation, string Pointer) OfV20(JsonElement change)
    {
        var found = change.EnumerateObject().Where(member => Operation(member.Name) is not null).ToList();
        return found.Count switch
        {
            1 => (Operation(found[0].Name)!.Value, Pointer(found[0].Value)),
            0 => throw Fault.BadRequest("Operation objects must contain exactly one member named \"add\", \"remove\", or \"replace\"."),
            _ => throw Fault.BadRequest("Operation objects must contain only one member named \"add\", \"remove\", or \"replace\"."),
        };
    }

    private static PatchOperation? Operation(string word) => word switch
    {
        "add" => PatchOperation.Add,
        "remove" => PatchOperation.Remove,
        "replace" => PatchOperation.Replace,
        _ => null,
    };

    private static string Word(PatchOperation operation) => operation.ToString().ToLowerInvariant();

    private static string Pointer(JsonElement path) => path.ValueKind == JsonValueKind.String
        ? path.GetString()!
        : throw Fault.BadRequest($"The path of an operation is a string such as \"/name\", not {path.GetRawText()}.");

    // A limited form of JSON pointers: http://tools.ietf.org/html/draft-pbryan-zyp-json-pointer
    //   /name   /hw~1disk (the property "hw/disk")   /tilde~0 ("tilde~")
    internal static string[] Steps(string pointer)
    {
        if (!pointer.StartsWith('/'))
            throw Fault.BadRequest($"Pointer `{pointer}` does not start with \"/\".");
        if (AdjacentSlashes.IsMatch(pointer[1..]))
            throw Fault.BadRequest($"Pointer `{pointer}` contains adjacent \"/\".");
        if (pointer.Length > 1 && pointer.EndsWith('/'))
            throw Fault.BadRequest($"Pointer `{pointer}` end with \"/\".");
        if (UnknownEscape.IsMatch(pointer))
            throw Fault.BadRequest($"Pointer `{pointer}` contains \"~\" not part of a recognized escape sequence.");
        return [.. pointer.TrimStart('/').Split('/')
            .Select(step => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal).Trim())];
    }

    private static void Validate(string name, PatchOperation operation, JsonElement value)
    {
        if (ImageAttributes.IsReadOnly(name) || ImageAttributes.IsSystems(name))
            throw Fault.ReadOnlyAttribute(name);
        if (ImageAttributes.IsReserved(name))
            throw Fault.ReservedAttribute(name);
        ImageAttributes.CheckPropertyName(name);
        // A single location is added by /locations/N.
        if (operation == PatchOperation.Replace || (operation == PatchOperation.Add && name != "locations"))
            ImageAttributes.Validate(name, value);
        if (operation != PatchOperation.Remove && name == "locations")
            NewLocation.ParseAll(operation, value);
    }

    [GeneratedRegex(@"/\s*/", RegexOptions.CultureInvariant)]
    private static partial Regex AdjacentSlashes { get; }

    [GeneratedRegex("~(?![01])", RegexOptions.CultureInvariant)]
    private static partial Regex UnknownEscape { get; }
}
