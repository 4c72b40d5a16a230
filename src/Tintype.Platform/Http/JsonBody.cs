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
            throw Misfit("The request body", wrong);
        }
    }

    /// <summary>JSON that is not what an operation takes, told in the words of whoever wrote it rather than by the types that it would have become.</summary>
    /// <param name="what">Of what, for example <c>The request body</c>.</param>
    public static Fault Misfit(string what, JsonException wrong) =>
        new(FaultKind.BadRequest, $"{what} does not fit at {wrong.Path ?? "$"}: {JsonMisfit.Describe(wrong)}", wrong);

    /// <summary>The body as a document, for operations whose members are not known beforehand. The caller disposes it.</summary>
    public static async Task<JsonDocument> ReadDocumentAsync(HttpRequest request, CancellationToken ct)
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await ReadAsync(request, chunk, ct)) > 0)
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

    private static async Task<int> ReadAsync(HttpRequest request, byte[] chunk, CancellationToken ct)
    {
        try
        {
            return await request.Body.ReadAsync(chunk, ct);
        }
        catch (IOException broken) when (broken is not BadHttpRequestException)
        {
            request.HttpContext.RequestAborted.ThrowIfCancellationRequested();
            // A chunk's size that no number holds, for one: Kestrel has words for most of what can be wrong with a body, and not for all.
            throw new Fault(FaultKind.BadRequest, $"The request body cannot be read to its end: {broken.Message}", broken);
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
