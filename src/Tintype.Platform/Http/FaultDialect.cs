using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Tintype.Platform.Http;

/// <summary>Writes a fault's body in the format of one API. The status and the fault's headers are set already.</summary>
public interface IFaultDialect
{
    /// <summary>The path under which this dialect is spoken, for example <c>/image</c>.</summary>
    PathString Prefix { get; }

    Task WriteAsync(HttpContext context, Fault fault);
}

/// <summary>
/// Keystone's format, <c>{"error":{"code":404,"title":"Not Found","message":"…"}}</c>; also that of every path that
/// no other dialect claims.
/// </summary>
public sealed class KeystoneFaultDialect(PathString prefix) : IFaultDialect
{
    public PathString Prefix { get; } = prefix;

    public Task WriteAsync(HttpContext context, Fault fault)
    {
        var status = context.Response.StatusCode;
        return FaultBody.WriteJsonAsync(context, json =>
        {
            json.WriteStartObject("error");
            json.WriteNumber("code", status);
            json.WriteString("title", ReasonPhrases.GetReasonPhrase(status));
            json.WriteString("message", fault.Message);
            json.WriteEndObject();
        });
    }
}

/// <summary>Writes the JSON object of an error body with its length, so that a client on a kept connection sees its end.</summary>
public static class FaultBody
{
    public static async Task WriteJsonAsync(HttpContext context, Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        await using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = buffer.Length;
        await context.Response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), context.RequestAborted);
    }
}
