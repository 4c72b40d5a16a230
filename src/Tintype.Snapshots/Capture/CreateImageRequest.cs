using System.Text.Json;
using System.Text.RegularExpressions;
using Tintype.Platform.Http;

namespace Tintype.Snapshots.Capture;

/// <summary>The arguments of <c>createImage</c>, checked by the rules of Nova's schema and refused in its words.</summary>
internal sealed partial record CreateImageRequest(string Name, IReadOnlyDictionary<string, string> Metadata)
{
    private const int Longest = 255;

    // Attributes of an image itself: as custom properties they would stand twice in the image's body.
    private static readonly HashSet<string> _imageAttributes = new(StringComparer.Ordinal)
    {
        "id", "name", "status", "visibility", "owner", "protected", "os_hidden", "disk_format", "container_format", "min_disk", "min_ram", "size",
        "virtual_size", "checksum", "os_hash_algo", "os_hash_value", "created_at", "updated_at", "tags", "self", "file", "schema", "stores",
        "direct_url", "locations", "location", "deleted", "deleted_at",
    };

    /// <exception cref="Fault">Bad request, naming the member and its value.</exception>
    public static CreateImageRequest Parse(JsonElement arguments)
    {
        if (arguments.ValueKind != JsonValueKind.Object)
            throw Invalid("createImage", arguments, "It is not of type 'object'; for example {\"name\": \"my-snapshot\"} is.");

        string? name = null;
        IReadOnlyDictionary<string, string> metadata = new Dictionary<string, string>();
        foreach (var member in arguments.EnumerateObject())
        {
            switch (member.Name)
            {
                case "name":
                    name = ParseName(member.Value);
                    break;
                case "metadata":
                    metadata = ParseMetadata(member.Value);
                    break;
                default:
                    throw Invalid("createImage", arguments, $"Additional properties are not allowed ('{Shorten(member.Name)}' was unexpected)");
            }
        }

        return new CreateImageRequest(name ?? throw Invalid("createImage", arguments, "'name' is a required property"), metadata);
    }

    private static string ParseName(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw Invalid("name", value, $"{Shorten(value.GetRawText())} is not of type 'string'");
        var name = value.GetString()!;
        if (name.Length == 0)
            throw Invalid("name", value, "'' is too short");
        if (name.Length > Longest)
            throw Invalid("name", value, $"'{Shorten(name)}' is too long; {Longest} characters are allowed");
        if (char.IsWhiteSpace(name[0]) || char.IsWhiteSpace(name[^1]) || name.Any(char.IsControl))
            throw Invalid("name", value, "The name must be: printable characters. Can not start or end with whitespace.");
        return name;
    }

    private static Dictionary<string, string> ParseMetadata(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw Invalid("metadata", value, $"{Shorten(value.GetRawText())} is not of type 'object'");
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
        {
            if (!MetadataKey().IsMatch(property.Name))
                throw Invalid("metadata", value, $"'{Shorten(property.Name)}' does not match any of the regexes: '^[a-zA-Z0-9-_:. ]{{1,255}}$'");
            if (property.Value.ValueKind != JsonValueKind.String)
                throw Invalid(property.Name, property.Value, $"{Shorten(property.Value.GetRawText())} is not of type 'string'");
            var text = property.Value.GetString()!;
            if (text.Length > Longest)
                throw Invalid(property.Name, property.Value, $"'{Shorten(text)}' is too long; {Longest} characters are allowed");
            if (_imageAttributes.Contains(property.Name))
                throw Invalid("metadata", value, $"'{property.Name}' is an attribute of images and no property; change it on the image once it is made.");
            metadata[property.Name] = text;
        }

        return metadata;
    }

    private static Fault Invalid(string field, JsonElement value, string message) =>
        Fault.BadRequest($"Invalid input for field/attribute {Shorten(field)}. Value: {Shorten(value.GetRawText())}. {message}");

    // What is quoted is the user's, and may be a megabyte.
    private static string Shorten(string text) => text.Length <= 300 ? text : text[..300] + "…";

    [GeneratedRegex(@"^[a-zA-Z0-9\-_:. ]{1,255}\z", RegexOptions.CultureInvariant)]
    private static partial Regex MetadataKey();
}
