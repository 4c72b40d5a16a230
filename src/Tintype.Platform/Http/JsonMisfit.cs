using System.Text.Json;
using System.Text.RegularExpressions;

namespace Tintype.Platform.Http;

/// <summary>
/// Says what JSON should have been, from what the framework says of it:
/// <code>
/// The JSON value could not be converted to System.Nullable`1[System.Boolean]. Path: $.a | LineNumber: 0 | BytePositionInLine: 9.
/// JSON deserialization for type 'Tintype.Protocol.X' was missing required properties including: 'name', 'id'.
/// </code>
/// A sentence of our own converters has no type in it and stays.
/// </summary>
internal static partial class JsonMisfit
{
    public static string Describe(JsonException wrong)
    {
        if (Unconvertible.Match(wrong.Message) is { Success: true } type)
            return $"{ExpectedOfToken(wrong.InnerException?.Message ?? "") ?? Expected(type.Groups["name"].Value)} is expected there.";
        return Missing.Match(wrong.Message) is { Success: true } missing
            ? $"{missing.Groups["names"].Value} must be there and is not."
            : Position.Replace(wrong.Message, "");
    }

    // A record's own type is named where one of its members does not fit; which one would have fitted stands in the cause.
    private static string? ExpectedOfToken(string cause) => Token.Match(cause).Groups["word"].Value switch
    {
        "" => null,
        "string" or "Guid" or "DateTimeOffset" => "text",
        "boolean" => "true or false",
        _ => "a number of its kind",
    };

    private static string Expected(string type) => type switch
    {
        _ when type.StartsWith("System.Nullable`1[", StringComparison.Ordinal) => Expected(type["System.Nullable`1[".Length..].TrimEnd(']')),
        "System.String" or "System.Guid" or "System.DateTimeOffset" or "System.DateTime" => "text",
        "System.Boolean" => "true or false",
        "System.Int32" or "System.Int64" or "System.UInt32" or "System.UInt64" or "System.Int16" or "System.Double" or "System.Decimal" => "a number of its kind",
        _ when type.EndsWith("[]", StringComparison.Ordinal) || (type.Contains("List`1", StringComparison.Ordinal) && !type.Contains("Dictionary", StringComparison.Ordinal)) => "a list",
        _ => "an object",
    };

    [GeneratedRegex(@"^The JSON value could not be converted to (?<name>.+?)\.(?: Path:.*)?$", RegexOptions.Singleline)]
    private static partial Regex Unconvertible { get; }

    // Cannot get the value of a token type 'Number' as a string. | Either the JSON value is not in a supported format, or is out of bounds for an Int32.
    [GeneratedRegex(@"(?:as an?|for an?) (?<word>\w+)\.$")]
    private static partial Regex Token { get; }

    [GeneratedRegex(@"was missing required properties including: (?<names>.+?)\.", RegexOptions.Singleline)]
    private static partial Regex Missing { get; }

    [GeneratedRegex(@" ?Path: .* \| LineNumber: .*$", RegexOptions.Singleline)]
    private static partial Regex Position { get; }
}
