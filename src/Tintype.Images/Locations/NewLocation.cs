using System.Text.Json;
using Tintype.Images.Records;
using Tintype.Platform.Http;

namespace Tintype.Images.Locations;

/// <summary>What a sender says that the data under a location is.</summary>
/// <param name="Checksum">MD5, hexadecimal; null if not said.</param>
/// <param name="HashAlgorithm">sha512, for example.</param>
/// <param name="HashValue">Hexadecimal.</param>
internal sealed record ValidationData(string? Checksum, string HashAlgorithm, string HashValue);

/// <summary>
/// A location as clients write it:
/// <code>{"url": "http://example.org/disk", "metadata": {"speed": "88mph"}, "validation_data": {"os_hash_algo": "sha512", "os_hash_value": "…"}}</code>
/// </summary>
internal sealed record NewLocation(string Url, LocationMetadata Metadata, ValidationData? Validation)
{
    private const int MaximumUrl = 255;

    /// <summary>The value of a change: one location to be added, or a list of them.</summary>
    /// <exception cref="Fault">400.</exception>
    public static IReadOnlyList<NewLocation> ParseAll(PatchOperation operation, JsonElement value) =>
        operation == PatchOperation.Add ? [Parse(value)] : [.. value.EnumerateArray().Select(Parse)];

    private static NewLocation Parse(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw Mismatch($"{PythonText.Show(value)} is not of type 'object'", value);
        foreach (var name in new[] { "url", "metadata" })
        {
            if (!value.TryGetProperty(name, out _))
                throw Mismatch($"'{name}' is a required property", value);
        }

        var url = Text(value, "url", MaximumUrl);
        var metadata = value.GetProperty("metadata");
        if (metadata.ValueKind != JsonValueKind.Object)
            throw Mismatch($"{PythonText.Show(metadata)} is not of type 'object'", metadata);
        return new NewLocation(url, LocationMetadata.Of(metadata), value.TryGetProperty("validation_data", out var validation) ? ParseValidation(validation) : null);
    }

    private static ValidationData ParseValidation(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw Mismatch($"{PythonText.Show(value)} is not of type 'object'", value);
        foreach (var member in value.EnumerateObject())
        {
            if (member.Name is not ("checksum" or "os_hash_algo" or "os_hash_value"))
                throw Mismatch($"Additional properties are not allowed ('{member.Name}' was unexpected)", value);
        }

        foreach (var name in new[] { "os_hash_algo", "os_hash_value" })
        {
            if (!value.TryGetProperty(name, out _))
                throw Mismatch($"'{name}' is a required property", value);
        }

        var checksum = value.TryGetProperty("checksum", out _) ? Text(value, "checksum", 32) : null;
        if (checksum is { Length: < 32 })
            throw Mismatch($"'{checksum}' is too short", value.GetProperty("checksum"));
        return new ValidationData(checksum, Text(value, "os_hash_algo", 64), Text(value, "os_hash_value", 128));
    }

    private static string Text(JsonElement value, string name, int maximum)
    {
        var member = value.GetProperty(name);
        if (member.ValueKind != JsonValueKind.String)
            throw Mismatch($"{PythonText.Show(member)} is not of type 'string'", member);
        return member.GetString() is { } text && text.Length <= maximum ? text : throw Mismatch($"{PythonText.Show(member)} is too long", member);
    }

    private static Fault Mismatch(string reason, JsonElement value) => Fault.SchemaMismatch(reason, "locations", PythonText.Show(value));
}
