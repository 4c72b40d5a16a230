using System.Text;
using System.Text.Json;
using Tintype.ApiTests.Images;
using Tintype.ApiTests.Images.Data;
using Xunit;

namespace Tintype.ApiTests.Fuzzing;

/// <summary>The bad requests that everybody tries first, to each operation that takes them, as the administrator, whom no policy stops.</summary>
public sealed class BadInputTests(FuzzedServer fuzzed) : IClassFixture<FuzzedServer>
{
    private const string Image = "/image/v2/images/{image}";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bodies()
    {
        (string What, byte[] Bytes, int Status)[] bodies =
        [
            ("cut", [.. "{\"name\": \"x"u8], 400),
            ("not UTF-8", [.. "{\"name\": \""u8, 0xff, .. "\"}"u8], 400),
            ("UTF-16", Encoding.Unicode.GetBytes("""{"name": "x"}"""), 400),
            ("nested deeply", Encoding.ASCII.GetBytes(new string('[', 100_000)), 400),
            ("nested deeply in an object", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 50_000))), 400),
            ("half a character", [.. "{\"name\": \"\\ud800\"}"u8], 400),
            ("of another type", [.. "7"u8], 400),
            ("too large", [.. "{\"name\": \""u8, .. Encoding.ASCII.GetBytes(new string('x', 2_000_000)), .. "\"}"u8], 413),
        ];
        var wrong = new List<string>();
        foreach (var operation in Operation.All.Where(o => o.Body is not null && (o.ContentType.EndsWith("json", StringComparison.Ordinal) || o.ContentType.EndsWith("patch", StringComparison.Ordinal))))
        {
            foreach (var (what, bytes, status) in bodies)
            {
                var (head, body) = await SendAsync(operation, draft => draft.Body = bytes);
                if (head.Status != status)
                    wrong.Add($"{operation.Method} {operation.Path} {what}: {head.Status} instead of {status} {Encoding.UTF8.GetString(body)}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [InlineData(400, """{"name": 1}""")]
    [InlineData(400, """{"name": "LONG"}""")]
    [InlineData(400, """{"LONG": "v"}""")]
    [InlineData(400, """{"tags": ["LONG"]}""")]
    [InlineData(400, """{"id": "../../etc/passwd"}""")]
    [InlineData(400, """{"min_disk": -1}""")]
    [InlineData(400, """{"min_ram": 99999999999}""")]
    [InlineData(400, """{"disk_format": "../qcow2"}""")]
    [InlineData(413, "MANY PROPERTIES")]
    [InlineData(413, "MANY TAGS")]
    public async Task Images_that_are_not_made(int status, string body)
    {
        var name = SharedServer.Unique("bad");
        var text = body switch
        {
            "MANY PROPERTIES" => JsonSerializer.Serialize(Enumerable.Range(0, 10_000).ToDictionary(i => $"k{i}", _ => "v")),
            "MANY TAGS" => JsonSerializer.Serialize(new { tags = Enumerable.Range(0, 10_000).Select(i => $"t{i}") }),
            _ => body.Replace("LONG", new string('x', 300), StringComparison.Ordinal),
        };
        if (!text.Contains("\"name\"", StringComparison.Ordinal))
            text = $$"""{"name": "{{name}}", {{text[1..]}}""";
        var before = await CountAsync();

        var (head, answer) = await SendAsync(new Operation("POST", ImagesApi.Root, Body: text), _ => { });

        Assert.True(head.Status == status, $"{head.Status} {Encoding.UTF8.GetString(answer)}");
        Assert.Equal(before, await CountAsync());
    }

    [Theory]
    [InlineData("PUT", Image + "/tags/%2e%2e", 404)]
    [InlineData("PUT", Image + "/tags/..%2f..%2fetc", 404)]
    [InlineData("PUT", Image + "/tags/a%00b", 400)]
    [InlineData("PUT", Image + "/tags/LONG", 400)]
    [InlineData("GET", "/image/v2/images/..%2f..%2fetc%2fpasswd", 404)]
    [InlineData("GET", "/image/v2/images/%00", 400)]
    [InlineData("GET", "/image/v2/images/LONG/file", 404)]
    [InlineData("DELETE", "/image/v2/stores/..%2ffirst/{image}", 409)]
    [InlineData("DELETE", "/image/v2/stores/%2e%2e/{image}", 404)]
    [InlineData("PUT", "/image/v2/cache/..%2f..%2fetc", 404)]
    [InlineData("GET", "/image/v2/metadefs/namespaces/..%2f..%2fetc", 404)]
    [InlineData("GET", "/image/v2/images?name=foo:x", 400)]
    [InlineData("GET", "/image/v2/images?created_at=near:2026-01-01T00:00:00Z", 400)]
    [InlineData("GET", "/image/v2/images?limit=99999999999999999999", 200)]
    [InlineData("GET", "/image/v2/images?limit=9x", 400)]
    [InlineData("GET", "/image/v2/images?name=%ff%fe", 400)]
    [InlineData("GET", "/image/v2/images?marker=..%2f..", 400)]
    public async Task Paths_and_queries(string method, string path, int status)
    {
        var (head, body) = await SendAsync(new Operation(method, path.Replace("LONG", new string('x', 300), StringComparison.Ordinal), Needs.Image), _ => { });

        Assert.True(head.Status == status, $"{head.Status} {Encoding.UTF8.GetString(body)}");
    }

    [Theory]
    [InlineData("PUT", Image + "/file", 415, "Content-Type: application/json")]
    [InlineData("PUT", Image + "/stage", 415, "Content-Type: text/plain")]
    [InlineData("PATCH", Image, 415, "Content-Type: application/json")]
    [InlineData("PATCH", Image, 415, "Content-Type: application/json-patch+json")]
    [InlineData("PUT", Image + "/file", 400, "Content-Type: application/octet-stream", "x-image-meta-store: ../first")]
    [InlineData("PUT", Image + "/file", 400, "Content-Type: application/octet-stream", "x-openstack-image-size: -1")]
    [InlineData("PUT", Image + "/file", 413, "Content-Type: application/octet-stream", "x-openstack-image-size: 9223372036854775807", "Transfer-Encoding: chunked")]
    [InlineData("POST", "/tintype/v1/uploads", 400, "Tus-Resumable: 1.0.0", "Upload-Length: 99999999999999999999", "Upload-Metadata: {metadata}")]
    [InlineData("POST", "/tintype/v1/uploads", 413, "Tus-Resumable: 1.0.0", "Upload-Length: 9223372036854775807", "Upload-Metadata: {metadata}")]
    [InlineData("POST", "/tintype/v1/uploads", 412, "Tus-Resumable: 9.9.9", "Upload-Length: 1", "Upload-Metadata: {metadata}")]
    public async Task Headers(string method, string path, int status, params string[] headers)
    {
        var isChunked = headers.Contains("Transfer-Encoding: chunked");
        var isTus = path.StartsWith("/tintype", StringComparison.Ordinal);
        var operation = new Operation(method, path, Needs.Image, isTus ? null : "[]", "", "", [.. headers.Where(h => !h.StartsWith("Transfer", StringComparison.Ordinal))]);
        var (head, body) = await SendAsync(operation, draft =>
        {
            draft.Headers.Remove(("Content-Type", ""));
            draft.Framing = isChunked ? Framing.Chunks : Framing.Length;
        });

        Assert.True(head.Status == status, $"{head.Status} {Encoding.UTF8.GetString(body)}");
    }

    [Fact]
    public async Task A_path_is_decoded_once()
    {
        var target = await fuzzed.MakeQueuedAsync();
        var path = $"{ImagesApi.Root}/{target.Image}";

        // HttpClient leaves an escaped per cent sign alone.
        Assert.Equal(204, (int)(await fuzzed.Admin.SendAsync(HttpMethod.Put, $"{path}/tags/%2541%252500")).Status);

        Assert.Equal(["%41%2500", "item-0"], (await fuzzed.Admin.GetAsync(path)).Json.GetProperty("tags").EnumerateArray().Select(t => t.GetString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_body_that_does_not_come_is_not_waited_for()
    {
        using var connection = await RawConnection.OpenAsync(fuzzed.Server.Address, Ct);
        await connection.SendHeadAsync("POST", ImagesApi.Root, Ct, $"X-Auth-Token: {fuzzed.Admin.Token}", "Accept: application/json", "Content-Length: 100");
        await connection.SendAsync("{"u8.ToArray(), Ct);

        var (head, body) = await connection.ReadAnswerAsync(Ct);

        Assert.Equal(408, head.Status);
        Assert.Equal("408 Request Timeout", JsonDocument.Parse(body).RootElement.GetProperty("code").GetString());
    }

    private async Task<int> CountAsync() => (await fuzzed.Admin.GetAsync($"{ImagesApi.Root}?visibility=all&limit=1000")).Json.GetProperty("images").GetArrayLength();

    private async Task<(RawAnswer Head, byte[] Body)> SendAsync(Operation operation, Action<Draft> spoil)
    {
        var random = new Random(1);
        var target = operation.Needs == Needs.Image ? await fuzzed.MakeQueuedAsync() : await fuzzed.MakeAsync(operation.Needs, random);
        var draft = target.Draft(operation);
        draft.Set("X-Auth-Token", fuzzed.Admin.Token!);
        spoil(draft);
        using var connection = await RawConnection.OpenAsync(fuzzed.Server.Address, Ct);
        await connection.SendAsync(draft.Render(random), Ct);
        var answer = await connection.ReadAnswerAsync(Ct);
        AnswerRules.Check(draft, answer.Head, answer.Body);
        await fuzzed.RemoveAsync(operation.Needs, target);
        return answer;
    }
}
