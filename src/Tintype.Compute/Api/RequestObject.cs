using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tintype.Platform.Http;

namespace Tintype.Compute.Api;

/// <summary>
/// An object of a request's body, read member by member with Nova's refusals: they name the path, the value, and what would be
/// right. Numbers and booleans are also taken as strings, as Nova's schemas do.
/// </summary>
/// <param name="path">Where the object stands, <c>server</c>; empty for the body itself.</param>
internal sealed partial class RequestObject(JsonElement element, string path)
{
    private const int ValueLength = 200;

    /// <summary>The object under the body's only member that matters.</summary>
    /// <param name="tolerated">Members that may stand beside it.</param>
    public static RequestObject Of(JsonElement body, string member, params ReadOnlySpan<string> tolerated)
    {
        if (body.ValueKind != JsonValueKind.Object)
            throw Fault.BadRequest($"The request body is {Show(body)}; an object with the member '{member}' is expected.");
        var root = new RequestObject(body, "");
        root.AllowOnly([member, .. tolerated]);
        return root.Child(member);
    }

    /// <summary>The metadata under the body's only member.</summary>
    public static IReadOnlyDictionary<string, string> MetadataOf(JsonElement body, string member)
    {
        Of(body, member);
        return new RequestObject(body, "").Metadata(member)!;
    }

    public JsonElement Element => element;

    public bool Has(string name) => element.TryGetProperty(name, out _);

    /// <exception cref="Fault">400: there is another member.</exception>
    public void AllowOnly(params ReadOnlySpan<string> names)
    {
        foreach (var member in element.EnumerateObject())
        {
            if (!names.Contains(member.Name))
                throw Invalid($"Additional properties are not allowed ('{member.Name}' was unexpected)");
        }
    }

    public RequestObject Child(string name)
    {
        var child = Required(name);
        return child.ValueKind == JsonValueKind.Object
            ? new RequestObject(child, PathOf(name))
            : throw Invalid(name, $"{Show(child)} is not of type 'object'");
    }

    /// <summary>A text that must be there.</summary>
    public string Text(string name, int minimum, int maximum)
    {
        var value = Required(name);
        return AsText(name, value, minimum, maximum);
    }

    /// <summary>A text, or null when the member is absent or null.</summary>
    public string? OptionalText(string name, int minimum, int maximum) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? AsText(name, value, minimum, maximum) : null;

    /// <summary>A name of 1 to 255 characters without control characters, and no white space around it.</summary>
    public string Name(string name)
    {
        var text = Text(name, 1, 255);
        return text.Trim() == text && !text.Any(char.IsControl) ? text
            : throw Invalid(name, $"{Show(element.GetProperty(name))} must not have white space around it nor control characters in it");
    }

    public string? OptionalName(string name) => Given(name) ? Name(name) : null;

    /// <summary>An integer within bounds, or null when absent.</summary>
    public int? Integer(string name, int minimum, int maximum = int.MaxValue)
    {
        if (!element.TryGetProperty(name, out var value))
            return null;
        long number;
        if (value.ValueKind == JsonValueKind.String && Digits().IsMatch(value.GetString()!) && long.TryParse(value.GetString(), CultureInfo.InvariantCulture, out number))
        {
        }
        else if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out number))
        {
            throw Invalid(name, $"{Show(value)} is not of type 'integer', 'string'");
        }

        if (number < minimum)
            throw Invalid(name, $"{number} is less than the minimum of {minimum}");
        if (number > maximum)
            throw Invalid(name, $"{number} is greater than the maximum of {maximum}");
        return (int)number;
    }

    public int RequiredInteger(string name, int minimum, int maximum = int.MaxValue)
    {
        Required(name);
        return Integer(name, minimum, maximum)!.Value;
    }

    public bool? Boolean(string name)
    {
        if (!element.TryGetProperty(name, out var value))
            return null;
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.String when value.GetString()!.ToUpperInvariant() is "TRUE" or "1" or "ON" or "YES" => true,
            JsonValueKind.String when value.GetString()!.ToUpperInvariant() is "FALSE" or "0" or "OFF" or "NO" => false,
            _ => throw Invalid(name, $"{Show(value)} is not one of true, false, 'True', 'False', '1', '0', 'ON', 'OFF', 'YES', 'NO'"),
        };
    }

    /// <summary>The items of an array, or null when absent or null.</summary>
    public IReadOnlyList<JsonElement>? Array(string name, int maximum = int.MaxValue)
    {
        if (!Given(name))
            return null;
        var value = element.GetProperty(name);
        if (value.ValueKind != JsonValueKind.Array)
            throw Invalid(name, $"{Show(value)} is not of type 'array'");
        return value.GetArrayLength() <= maximum ? [.. value.EnumerateArray()] : throw Invalid(name, $"it has more than {maximum} items");
    }

    /// <summary>Nova's metadata: keys of 1 to 255 letters, digits, blanks and <c>-_:.</c>, values of at most 255 characters. Null when absent.</summary>
    public IReadOnlyDictionary<string, string>? Metadata(string name)
    {
        if (!element.TryGetProperty(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Object)
            throw Invalid(name, $"{Show(value)} is not of type 'object'");
        var items = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in value.EnumerateObject())
        {
            if (!MetadataKey().IsMatch(item.Name))
                throw Invalid(name, $"the key '{item.Name}' is not 1 to 255 letters, digits, blanks and any of - _ : .");
            if (item.Value.ValueKind != JsonValueKind.String)
                throw Invalid($"{name}.{item.Name}", $"{Show(item.Value)} is not of type 'string'");
            if (item.Value.GetString()!.Length > 255)
                throw Invalid($"{name}.{item.Name}", $"{Show(item.Value)} is longer than 255 characters");
            items[item.Name] = item.Value.GetString()!;
        }

        return items;
    }

    /// <summary>Whether the member is there and not null.</summary>
    public bool Given(string name) => element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    public Fault Invalid(string name, string reason) => Fault.BadRequest(element.TryGetProperty(name.Split('.')[0], out var value)
        ? $"Invalid input for field/attribute {PathOf(name)}. Value: {Show(value)}. {reason}"
        : $"Invalid input for field/attribute {PathOf(name)}. {reason}");

    private Fault Invalid(string reason) => Fault.BadRequest(path.Length == 0
        ? reason
        : $"Invalid input for field/attribute {path}. Value: {Show(element)}. {reason}");

    private JsonElement Required(string name) =>
        element.TryGetProperty(name, out var value) ? value : throw Invalid($"'{name}' is a required property");

    private string AsText(string name, JsonElement value, int minimum, int maximum)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw Invalid(name, $"{Show(value)} is not of type 'string'");
        var text = value.GetString()!;
        if (text.Length < minimum)
            throw Invalid(name, $"{Show(value)} is too short");
        return text.Length <= maximum ? text : throw Invalid(name, $"{Show(value)} is too long: more than {maximum} characters");
    }

    private string PathOf(string name) => path.Length == 0 ? name : $"{path}.{name}";

    // The value is the user's and may be a megabyte.
    private static string Show(JsonElement value)
    {
        var raw = value.ValueKind == JsonValueKind.String ? $"'{value.GetString()}'" : value.GetRawText();
        return raw.Length <= ValueLength ? raw : raw[..ValueLength] + "…";
    }

    [GeneratedRegex(@"^-?\d+$", RegexOptions.CultureInvariant)]
    private static partial Regex Digits();

    [GeneratedRegex(@"^[a-zA-Z0-9\-_:. ]{1,255}$", RegexOptions.CultureInvariant)]
    private static partial Regex MetadataKey();
}
