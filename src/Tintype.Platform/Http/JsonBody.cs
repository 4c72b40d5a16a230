using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Tintype.Platform.Http;

/// <summary>
/// Reads a JSON request body whatever its Content-Type (OpenStack's clients send empty or exotic ones), bounded,
/// with refusals that say where the JSON is wrong.
/// </summary>
public static class JsonBody
{
    /// <summary>Largest body read, in bytes. Images travel on routes of their own.</summary>
    public const int MaximumLength = 1024 * 1024;

    public static async Task<T> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type, CancellationToken ct)
    {
        using var document = await ReadDocumentAsync(request, ct);
        try
        {
            return document.RootElement.Deserialize(type)
                ?? throw Fault.BadRequest("The request body is null; a JSON object is expected.");
        }
        catch (JsonException wrong)
        {
            throw new Fault(FaultKind.BadRequest, $"The request body does not fit at {wrong.Path ?? "$"}: {wrong.Message}", wrong);
        }
    }

    /// <summary>The body as a document, for operations whose members are not known beforehand. The caller disposes it.</summary>
    public static async Task<JsonDocument> ReadDocumentAsync(HttpRequest request, CancellationToken ct)
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, ct)) > 0)
        {
            if (buffer.Length + read > MaximumLength)
                throw new Fault(FaultKind.PayloadTooLarge, $"The request body is larger than {MaximumLength} bytes.");
            buffer.Write(chunk, 0, read);
        }

        var json = buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
        try
        {
            CheckText(json.Span);
            return JsonDocument.Parse(json);
        }
        catch (JsonException malformed)
        {
            throw new Fault(FaultKind.BadRequest, $"The request body is not valid JSON: {malformed.Message}", malformed);
        }
    }

    // "\ud800" is well-formed JSON and no text: half a character, which a document finds out only when the string is asked for.
    private static void CheckText(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
                continue;
            try
            {
                _ = reader.GetString();
            }
            catch (InvalidOperationException half)
            {
                throw new Fault(FaultKind.BadRequest, $"The request body has a string before byte {reader.BytesConsumed} that is no text: {half.Message}", half);
            }
        }
    }
}
