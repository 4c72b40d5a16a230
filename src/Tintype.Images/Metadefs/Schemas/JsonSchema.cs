using System.Text.Json;
using Tintype.Platform.Http;

namespace Tintype.Images.Metadefs.Schemas;

/// <summary>
/// Holds a request's body against one of the API's own schema documents. It knows the keywords that these use: type, enum, maxLength,
/// minItems, uniqueItems, minimum, required, properties, additionalProperties, items, allOf and $ref to a definition of the document.
/// </summary>
/// <param name="name">As refusals call it.</param>
internal sealed class JsonSchema(string name, JsonElement document)
{
    /// <exception cref="Fault">400, in the words of Glance's library. Of several mistakes the shallowest is told, as there.</exception>
    public void Validate(JsonElement instance)
    {
        if (instance.ValueKind != JsonValueKind.Object)
            throw Fault.SchemaMismatch(name, Is("object", instance)!, "", instance);
        Mistake? told = null;
        foreach (var mistake in Check(document, instance, Place.Root))
        {
            if (told is null || mistake.At.Depth < told.At.Depth)
                told = mistake;
        }

        if (told is not null)
            throw Fault.SchemaMismatch(name, told.Reason, told.At.ToString(), told.Value);
    }

    private sealed record Mistake(string Reason, Place At, JsonElement Value);

    private sealed record Place(Place? Parent, string Step, int Depth)
    {
        public static Place Root { get; } = new(null, "", 0);

        public Place Member(string member) => new(this, $"[{PythonText.Show(member)}]", Depth + 1);

        public Place Item(int index) => new(this, $"[{index}]", Depth + 1);

        public override string ToString() => $"{Parent}{Step}";
    }

    private IEnumerable<Mistake> Check(JsonElement schema, JsonElement value, Place at) =>
        schema.EnumerateObject().SelectMany(keyword => Check(schema, keyword.Name, keyword.Value, value, at));

    private IEnumerable<Mistake> Check(JsonElement schema, string keyword, JsonElement rule, JsonElement value, Place at) => (keyword, value.ValueKind) switch
    {
        ("$ref", _) => Check(Definition(rule.GetString()!), value, at),
        ("allOf", _) => rule.EnumerateArray().SelectMany(part => Check(part, value, at)),
        ("properties", JsonValueKind.Object) => rule.EnumerateObject().SelectMany(member =>
            value.TryGetProperty(member.Name, out var found) ? Check(member.Value, found, at.Member(member.Name)) : []),
        ("additionalProperties", JsonValueKind.Object) => CheckOthers(schema, rule, value, at),
        ("items", JsonValueKind.Array) => value.EnumerateArray().SelectMany((item, index) => Check(rule, item, at.Item(index))),
        ("required", JsonValueKind.Object) => rule.EnumerateArray().Where(member => !value.TryGetProperty(member.GetString()!, out _))
            .Select(member => new Mistake($"{PythonText.Show(member)} is a required property", at, value)),
        _ => Reason(keyword, rule, value) is { } reason ? [new Mistake(reason, at, value)] : [],
    };

    private IEnumerable<Mistake> CheckOthers(JsonElement schema, JsonElement rule, JsonElement value, Place at)
    {
        var others = value.EnumerateObject().Where(m => !schema.TryGetProperty("properties", out var known) || !known.TryGetProperty(m.Name, out _));
        if (rule.ValueKind == JsonValueKind.Object)
            return others.SelectMany(member => Check(rule, member.Value, at.Member(member.Name)));
        var names = others.Select(m => PythonText.Show(m.Name)).Distinct().Order(StringComparer.Ordinal).ToList();
        return names.Count == 0
            ? []
            : [new Mistake($"Additional properties are not allowed ({string.Join(", ", names)} {(names.Count == 1 ? "was" : "were")} unexpected)", at, value)];
    }

    private static string? Reason(string keyword, JsonElement rule, JsonElement value) => (keyword, value.ValueKind) switch
    {
        ("type", _) => Is(rule.GetString()!, value),
        ("enum", _) => rule.EnumerateArray().Any(allowed => JsonElement.DeepEquals(allowed, value)) ? null : $"{PythonText.Show(value)} is not one of {PythonText.Show(rule)}",
        ("maxLength", JsonValueKind.String) => Characters(value) <= rule.GetInt32() ? null : $"{PythonText.Show(value)} is too long",
        ("minItems", JsonValueKind.Array) => value.GetArrayLength() >= rule.GetInt32() ? null : $"{PythonText.Show(value)} is too short",
        ("uniqueItems", JsonValueKind.Array) => !rule.GetBoolean() || AreUnique(value) ? null : $"{PythonText.Show(value)} has non-unique elements",
        ("minimum", JsonValueKind.Number) => value.GetDouble() >= rule.GetDouble() ? null : $"{PythonText.Show(value)} is less than the minimum of {rule}",
        _ => null,
    };

    private static string? Is(string type, JsonElement value)
    {
        var fits = (type, value.ValueKind) switch
        {
            ("string", JsonValueKind.String) or ("array", JsonValueKind.Array) or ("object", JsonValueKind.Object) or ("number", JsonValueKind.Number)
                or ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
            // JSON has one kind of number: 3.0 is the integer 3.
            ("integer", JsonValueKind.Number) => double.IsInteger(value.GetDouble()),
            _ => false,
        };
        return fits ? null : $"{PythonText.Show(value)} is not of type '{type}'";
    }

    private static int Characters(JsonElement text) => text.GetString()!.EnumerateRunes().Count();

    private static bool AreUnique(JsonElement items)
    {
        var seen = new HashSet<(JsonValueKind, string)>();
        return items.EnumerateArray().All(i => seen.Add((i.ValueKind, i.ValueKind == JsonValueKind.String ? i.GetString()! : i.GetRawText())));
    }

    private JsonElement Definition(string reference) => document.GetProperty("definitions").GetProperty(reference["#/definitions/".Length..]);
}
