using System.Text.Json;
using Tintype.Images.Metadefs.Items;
using Tintype.Platform.Http;
using Tintype.Protocol;
using Tintype.Protocol.Images;

namespace Tintype.Images.Metadefs.Properties;

/// <summary>
/// Reads definitions of properties that fit their schema. The schema lets more pass than the types hold; there Glance fails, and this refuses:
/// unknown attributes, words that are no text, numbers beyond 64 bits.
/// </summary>
internal static class PropertyParser
{
    private static readonly string[] _attributes =
    [
        "name", "type", "title", "description", "operators", "default", "readonly", "minimum", "maximum", "enum", "pattern", "minLength", "maxLength",
        "confidential", "items", "uniqueItems", "minItems", "maxItems", "additionalItems",
    ];

    /// <summary>A property that says its own name.</summary>
    public static ItemDraft<PropertyDefinition> Parse(JsonElement property)
    {
        var definition = Definition(property, "the property");
        return new(MetadefBody.Name(definition.Name!, "the property"), definition);
    }

    /// <summary>Properties by their names; of several with one name the last counts.</summary>
    /// <param name="where">Whose they are, for refusals.</param>
    public static IReadOnlyDictionary<string, PropertyDefinition> ParseAll(JsonElement properties, string where)
    {
        var definitions = new Dictionary<string, PropertyDefinition>(StringComparer.Ordinal);
        foreach (var property in properties.EnumerateObject())
        {
            var what = $"property {PythonText.Show(property.Name)} of {where}";
            definitions[MetadefBody.Name(property.Name, what)] = Definition(property.Value, what);
        }

        return definitions;
    }

    private static PropertyDefinition Definition(JsonElement property, string where)
    {
        MetadefBody.OnlyKnown(property, where, _attributes);
        string? Text(string name) => MetadefBody.Text(property, name, where);
        bool? Flag(string name) => property.TryGetProperty(name, out var value) ? value.GetBoolean() : null;
        long? Whole(string name) => property.TryGetProperty(name, out var value) ? Number(value, name, where) : null;
        IReadOnlyList<string?>? Words(string name) => property.TryGetProperty(name, out var value) ? MetadefWords(value, name, where) : null;

        return new PropertyDefinition(
            Text("name"), Text("type")!, Text("title")!, Text("description"), Words("operators")!, Default(property, where), Flag("readonly"),
            Whole("minimum"), Whole("maximum"), Words("enum"), Text("pattern"), Whole("minLength"), Whole("maxLength"), Confidential(property, where),
            property.TryGetProperty("items", out var items) ? Items(items, where) : null,
            Flag("uniqueItems"), Whole("minItems"), Whole("maxItems"), Flag("additionalItems"));
    }

    // Text of a string, a number or a truth value, in Python's spelling; what else is given is no default, as with Glance.
    private static Optional<string> Default(JsonElement property, string where) => !property.TryGetProperty("default", out var value)
        ? default
        : new(value.ValueKind switch
        {
            JsonValueKind.String => MetadefBody.Text(property, "default", where),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => PythonText.Show(value),
            _ => null,
        });

    // No schema speaks of this one.
    private static bool? Confidential(JsonElement property, string where)
    {
        if (!property.TryGetProperty("confidential", out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number => value.GetDouble() != 0,
            _ => (value.ValueKind == JsonValueKind.String ? value.GetString() : null) switch
            {
                "true" or "t" or "yes" or "y" or "on" or "1" => true,
                "false" or "f" or "no" or "n" or "off" or "0" => false,
                _ => throw Fault.UnfitMember(where, $"its confidential is {PythonText.Show(value)}; it must be true or false."),
            },
        };
    }

    private static PropertyItems Items(JsonElement items, string where)
    {
        MetadefBody.OnlyKnown(items, $"the items of {where}", "type", "enum");
        return new PropertyItems(
            MetadefBody.Text(items, "type", where) ?? throw Fault.UnfitMember(where, "its items have no type."),
            items.TryGetProperty("enum", out var words) ? MetadefWords(words, "enum of its items", where) : null);
    }

    private static List<string?> MetadefWords(JsonElement words, string name, string where) => [.. words.EnumerateArray().Select(word => word.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => MetadefBody.WithoutNul(word.GetString()!, name, where),
        _ => throw Fault.UnfitMember(where, $"its {name} has {PythonText.Show(word)}; it must be text."),
    })];

    // Fractions are cut off.
    private static long Number(JsonElement value, string name, string where) =>
        value.TryGetDecimal(out var number) && decimal.Truncate(number) is >= long.MinValue and <= long.MaxValue and var whole
            ? (long)whole
            : throw Fault.UnfitMember(where, $"its {name} is {PythonText.Show(value)}; it must be between {long.MinValue} and {long.MaxValue}.");
}
