using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images;

public sealed class ListTests(ImagesApi api) : IClassFixture<ImagesApi>
{
    [Fact]
    public async Task Pages_lead_to_the_next_until_there_is_none()
    {
        var run = SharedServer.Unique("run é&");
        var encoded = Uri.EscapeDataString(run).Replace("%20", "+", StringComparison.Ordinal);
        var ids = new List<string>();
        foreach (var name in new[] { "c", "a", "b", "e", "d" })
            ids.Add(await CreateAsync(api.One, $$"""{"name": "{{name}}", "run": "{{run}}", "tags": ["x", "y"]}"""));
        var query = $"run={encoded}&tag=x&tag=y&limit=2";

        var first = await SendAsync(api.One, "GET", $"{Root}?{query}");
        Assert.Equal(["d", "e"], Names(first));
        Assert.Equal(($"/v2/images?{query}", $"/v2/images?{query}&marker={ids[3]}", "/v2/schemas/images"), Links(first));
        var second = await SendAsync(api.One, "GET", "/image" + Links(first).Next);
        Assert.Equal(["b", "a"], Names(second));
        Assert.Equal(($"/v2/images?{query}", $"/v2/images?{query}&marker={ids[1]}", "/v2/schemas/images"), Links(second));
        var third = await SendAsync(api.One, "GET", "/image" + Links(second).Next);
        Assert.Equal(["c"], Names(third));
        Assert.Equal(($"/v2/images?{query}", null, "/v2/schemas/images"), Links(third));

        Assert.Equal(["a", "b", "c", "d", "e"], Names(await SendAsync(api.One, "GET", $"{Root}?run={encoded}&sort=name:asc")));
        Assert.Equal(["e", "d"], Names(await SendAsync(api.One, "GET", $"{Root}?run={encoded}&sort_key=name&sort_dir=desc&limit=2")));
    }

    [Fact]
    public async Task An_entry_of_the_list_is_the_image_as_it_is_shown()
    {
        var run = SharedServer.Unique("run");
        var id = await CreateAsync(api.One, $$"""{"name": "n", "run": "{{run}}", "tags": ["t"]}""");
        var list = await SendAsync(api.One, "GET", $"{Root}?run={run}");
        AssertAnswer(200, $$"""
            {"images": [{"id": "{{id}}", "name": "n", "visibility": "shared", "disk_format": null, "container_format": null, "status": "queued", "protected": false,
               "os_hidden": false, "owner": "{{api.Projects.One}}", "min_disk": 0, "min_ram": 0, "size": null, "virtual_size": null, "checksum": null,
               "os_hash_algo": null, "os_hash_value": null, "created_at": "TIME", "updated_at": "TIME", "self": "/v2/images/{{id}}",
               "file": "/v2/images/{{id}}/file", "schema": "/v2/schemas/image", "tags": ["t"], "run": "{{run}}"}],
             "first": "/v2/images?run={{run}}", "schema": "/v2/schemas/images"}
            """, list);
    }

    [Fact]
    public async Task What_of_whom_is_listed_to_whom()
    {
        var run = SharedServer.Unique("run");
        async Task Make(ApiClient client, string name, string visibility, bool hidden = false) => await CreateAsync(client,
            $$"""{"name": "{{name}}", "run": "{{run}}", "visibility": "{{visibility}}", "os_hidden": {{(hidden ? "true" : "false")}} }""");
        await Make(api.One, "private", "private");
        await Make(api.One, "shared", "shared");
        await Make(api.One, "community", "community");
        await Make(api.One, "hidden", "private", hidden: true);
        await Make(api.Admin, "public", "public");

        async Task<string> List(ApiClient client, string more = "") =>
            string.Join(' ', Names(await SendAsync(client, "GET", $"{Root}?run={run}&sort=name:asc{more}")));

        Assert.Equal("community private public shared", await List(api.One));
        Assert.Equal("public", await List(api.Two));
        Assert.Equal("private public shared", await List(api.Admin));
        Assert.Equal("community public", await List(api.Two, "&visibility=all"));
        Assert.Equal("community", await List(api.Two, "&visibility=community"));
        Assert.Equal("", await List(api.Two, "&visibility=private"));
        Assert.Equal("community private public shared", await List(api.Admin, "&visibility=all"));
        Assert.Equal("private", await List(api.Admin, "&visibility=private"));
        Assert.Equal("hidden", await List(api.One, "&os_hidden=true"));
        Assert.Equal("", await List(api.Two, "&os_hidden=true"));
        Assert.Equal("public", await List(api.Two, "&protected=false&status=queued"));
        Assert.Equal("private shared", await List(api.One, "&name=in:private,shared,none"));
        Assert.Equal("", await List(api.One, "&Run=" + run));
    }

    [Theory]
    [InlineData("limit=x", "limit param must be an integer")]
    [InlineData("limit=-1", "limit param must be positive")]
    [InlineData("marker=zz", "No image found with ID zz")]
    [InlineData("changes-since=2026-11-23T12:00:00Z", "The \"changes-since\" filter is no longer available on v2.")]
    [InlineData("sort=name:asc&sort_key=id", "Old and new sorting syntax cannot be combined")]
    [InlineData("name=foo:bar", "Unable to filter by unknown operator 'foo'.")]
    [InlineData("visibility=mine", "Invalid visibility value: mine")]
    public async Task What_is_no_query_is_400(string query, string message) =>
        AssertFault(400, "Bad Request", message, await SendAsync(api.One, "GET", $"{Root}?{query}"));

    [Fact]
    public async Task A_limit_of_none_gives_none() => AssertAnswer(
        200, """{"images": [], "first": "/v2/images?limit=0", "schema": "/v2/schemas/images"}""", await SendAsync(api.One, "GET", $"{Root}?limit=0"));

    private static string[] Names(ApiAnswer answer) => [.. answer.Json.GetProperty("images").EnumerateArray().Select(i => i.GetProperty("name").GetString()!)];

    private static (string First, string? Next, string Schema) Links(ApiAnswer answer) => (
        answer.Json.GetProperty("first").GetString()!,
        answer.Json.TryGetProperty("next", out var next) ? next.GetString() : null,
        answer.Json.GetProperty("schema").GetString()!);
}
