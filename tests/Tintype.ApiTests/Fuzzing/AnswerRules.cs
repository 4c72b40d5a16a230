using System.Text;
using System.Text.Json;
using Tintype.ApiTests.Images.Data;
using Xunit;

namespace Tintype.ApiTests.Fuzzing;

/// <summary>What every answer must be, whatever was asked.</summary>
internal static class AnswerRules
{
    // What tells of the inside: a type, a line of a stack, an SQL statement's failure.
    private static readonly string[] _inside = ["System.", "Microsoft.", "   at ", "Exception", "SQLite", "Tintype.Images", "NullReference", "/home/", "/tmp/"];

    /// <exception cref="Xunit.Sdk.XunitException">It is not.</exception>
    public static void Check(Draft draft, RawAnswer head, byte[] body)
    {
        var text = Encoding.UTF8.GetString(body);
        var all = $"{head.Status} to\n{draft}\n{Draft.Short(text, 1000)}";
        Assert.True(head.Status is >= 200 and < 500 || IsMeant(draft, head.Status), all);
        if (draft.Method == "HEAD" || head.Status is 204 or 304)
            return;
        if (head.Headers.GetValueOrDefault("Content-Type") == "application/json")
            Assert.True(IsJson(text), $"No JSON. {all}");
        if (head.Status < 400 || IsOfTheTransport(head))
            return;
        Assert.True(Sentence(draft, head, text) is { Length: > 10 } sentence && sentence.Contains(' ', StringComparison.Ordinal), $"No sentence. {all}");
        Assert.True(!_inside.Any(word => text.Contains(word, StringComparison.Ordinal)), $"Tells of the inside. {all}");
        Assert.True(head.Status != 401 || head.Headers.ContainsKey("WWW-Authenticate") || draft.Path.StartsWith("/identity", StringComparison.Ordinal), $"401 without a challenge. {all}");
        Assert.True(head.Status != 405 || head.Headers.ContainsKey("Allow"), $"405 without Allow. {all}");
    }

    // What cannot be read as a request at all is answered before anybody knows which API it was for, and ends the connection.
    private static bool IsOfTheTransport(RawAnswer head) => !head.Headers.ContainsKey("X-Openstack-Request-Id")
        && head.Status is 400 or 405 or 408 or 411 or 413 or 414 or 431 or 505 && head.Headers.GetValueOrDefault("Connection") == "close";

    // 503 where a client has itself broken off what it was sending in pieces, 501 for what this Nova cannot do, 505 for a version of HTTP that there is not.
    private static bool IsMeant(Draft draft, int status) => status == 505
        ? draft.Framing == Framing.DamagedHead
        : (status, draft.Path.Split('/').ElementAtOrDefault(1)) is (503, "tintype") or (501, "compute");

    private static bool IsJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 1000 });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The message of a refusal, where the API that was called has it.</summary>
    private static string? Sentence(Draft draft, RawAnswer head, string text)
    {
        if (head.Headers.GetValueOrDefault("Content-Type") != "application/json")
            return text;
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        // Glance has it at the top, Keystone under "error", Nova under the name of what is wrong.
        var place = root.TryGetProperty("message", out _) ? root : root.EnumerateObject().First().Value;
        return place.ValueKind == JsonValueKind.Object && place.TryGetProperty("message", out var message) ? message.GetString() : null;
    }
}
