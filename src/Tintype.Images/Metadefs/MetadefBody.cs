using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tintype.Images.Metadefs.Schemas;
using Tintype.Images.Records;
using Tintype.Platform.Http;

namespace Tintype.Images.Metadefs;

/// <summary>Reads bodies of definitions, and the names and texts in them.</summary>
internal static class MetadefBody
{
    /// <summary>The body, which fits the schema. The caller disposes it.</summary>
    /// <param name="readOnly">Members that only the service writes.</param>
    /// <exception cref="Fault">400; 403 a member of <paramref name="readOnly"/>.</exception>
    public static async Task<JsonDocument> ReadAsync(HttpRequest request, JsonSchema schema, string[] readOnly, CancellationToken ct)
    {
        var body = await GlanceRequest.ReadJsonAsync(request, ct);
        try
        {
            Check(body.RootElement, schema, readOnly);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private static void Check(JsonElement body, JsonSchema schema, string[] readOnly)
    {
        if (body.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
            throw Fault.BadRequest("Unexpected body type. Expected list/dict.");
        if (body.ValueKind == JsonValueKind.Object && readOnly.FirstOrDefault(name => body.TryGetProperty(name, out _)) is { } refused)
            throw Fault.ReadOnlyAttribute(refused);
        schema.Validate(body);
    }

    /// <summary>A name under which a definition can be found again.</summary>
    /// <param name="where">What it names, for the refusal.</param>
    public static string Name(string name, string where)
    {
        if (name.EnumerateRunes().Count() > MetadefRules.MaximumNameLength)
            throw Fault.UnfitMember(where, $"the name {PythonText.Show(name)} is too long; it may have {MetadefRules.MaximumNameLength} characters.");
        if (name.Length == 0 || name is "." or ".." || name.Contains('\0', StringComparison.Ordinal))
            throw Fault.UnfitMember(where, $"the name {PythonText.Show(name)} is one that no URL can carry.");
        return name;
    }

    public static string? Text(JsonElement members, string name, string where)
    {
        if (!members.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
            return null;
        return WithoutNul(value.GetString()!, name, where);
    }

    /// <summary>The text, which every database can keep.</summary>
    public static string WithoutNul(string text, string name, string where) =>
        text.Contains('\0', StringComparison.Ordinal) ? throw Fault.UnfitMember(where, $"its {name} has a NUL character.") : text;

    /// <summary>The name of a member of an array, which Glance's schemas leave out and its types ask for.</summary>
    public static string RequiredName(JsonElement members, string where) => members.TryGetProperty("name", out var name)
        ? Name(name.GetString()!, where)
        : throw Fault.UnfitMember(where, "it has no name.");

    /// <exception cref="Fault">400: a member that is not one of <paramref name="known"/>.</exception>
    public static void OnlyKnown(JsonElement members, string where, params ReadOnlySpan<string> known)
    {
        foreach (var member in members.EnumerateObject())
        {
            if (!known.Contains(member.Name))
                throw Fault.UnfitMember(where, $"{PythonText.Show(member.Name)} is no attribute of it; {string.Join(", ", known)} are.");
        }
    }
}
