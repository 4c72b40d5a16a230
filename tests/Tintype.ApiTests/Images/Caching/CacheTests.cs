using Tintype.ApiTests.Images.Import;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Caching;

public sealed class CacheTests(CacheServer server) : IClassFixture<CacheServer>
{
    private const string Cache = "/image/v2/cache";

    [Fact]
    public async Task What_was_read_from_afar_is_served_from_here()
    {
        var id = await server.FarImageAsync("/far", "far away"u8.ToArray());
        Assert.Equal("away", (await server.One.SendAsync(HttpMethod.Get, $"{Root}/{id}/file", null, ("Range", "bytes=4-"))).Text);
        Assert.Null(CacheServer.Entry(await server.CacheAsync(_ => true), id));
        Assert.Equal("far away", (await server.One.GetAsync($"{Root}/{id}/file")).Text);
        await server.CacheAsync(cache => CacheServer.Entry(cache, id) is not null);

        server.Web.Answer("/far", "HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
        Assert.Equal("far away", (await server.One.GetAsync($"{Root}/{id}/file")).Text);
        Assert.Equal("far", (await server.One.SendAsync(HttpMethod.Get, $"{Root}/{id}/file", null, ("Range", "bytes=0-2"))).Text);

        var entry = CacheServer.Entry(await server.CacheAsync(_ => true), id)!.Value;
        Assert.Equal((2, 8), (entry.GetProperty("hits").GetInt64(), entry.GetProperty("size").GetInt64()));
        Assert.InRange(entry.GetProperty("last_accessed").GetDouble(), entry.GetProperty("last_modified").GetDouble(), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1e3 + 1);
        Assert.Equal($"[\"{server.Server.Address.GetLeftPart(UriPartial.Authority)}/image\"]", (await server.Admin.GetAsync($"{Cache}/nodes/{id}")).Text);

        Assert.Equal(204, (int)(await server.One.SendAsync(HttpMethod.Delete, $"{Root}/{id}")).Status);
        Assert.Null(CacheServer.Entry(await server.CacheAsync(_ => true), id));
    }

    [Fact]
    public async Task A_torn_or_changed_answer_is_not_kept()
    {
        var id = await server.FarImageAsync("/torn", "0123456789"u8.ToArray());
        server.Web.Answer("/torn", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n98765"u8.ToArray());
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => server.One.GetAsync($"{Root}/{id}/file"));
        server.Web.Answer("/torn", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n9876543210"u8.ToArray());
        Assert.Equal("9876543210", (await server.One.GetAsync($"{Root}/{id}/file")).Text);

        Assert.Null(CacheServer.Entry(await server.CacheAsync(_ => true), id));
        Assert.DoesNotContain("10", ImportServer.Sizes(server.Files));
    }

    [Fact]
    public async Task An_image_is_queued_fetched_and_taken_out_by_administrators()
    {
        var id = await server.FarImageAsync("/queued", "queued data"u8.ToArray());
        var path = $"{Cache}/{id}";
        foreach (var (method, url) in new[] { ("GET", Cache), ("DELETE", Cache), ("PUT", path), ("DELETE", path), ("GET", $"{Cache}/nodes/{id}"), ("POST", $"{Cache}/clean"), ("POST", $"{Cache}/prune") })
            AssertFault(403, "Forbidden", "Access was denied to this resource.", await SendAsync(server.One, method, url));
        Assert.Equal((202, ""), await StatusAsync("PUT", path));
        Assert.True(CacheServer.IsQueued(await server.CacheAsync(_ => true), id));

        var cache = await server.CacheAsync(c => CacheServer.Entry(c, id) is not null);
        Assert.False(CacheServer.IsQueued(cache, id));
        Assert.Equal(["id", "image_id", "last_accessed", "last_modified", "size", "hits", "checksum"], CacheServer.Entry(cache, id)!.Value.EnumerateObject().Select(m => m.Name));
        Assert.Equal((202, ""), await StatusAsync("PUT", path));
        Assert.False(CacheServer.IsQueued(await server.CacheAsync(_ => true), id));

        Assert.Equal((204, ""), await StatusAsync("DELETE", path));
        Assert.Null(CacheServer.Entry(await server.CacheAsync(_ => true), id));
        Assert.DoesNotContain("11", ImportServer.Sizes(server.Files));
        Assert.Equal("[]", (await server.Admin.GetAsync($"{Cache}/nodes/{id}")).Text);
        Assert.Equal((200, ""), await StatusAsync("POST", $"{Cache}/clean"));
    }

    [Fact]
    public async Task What_cannot_be_cached_is_refused()
    {
        const string Nothing = "00000000-0000-4000-8000-000000000000";
        AssertFault(404, "Not Found", "Image non-existing-image-id not found.", await SendAsync(server.Admin, "PUT", $"{Cache}/non-existing-image-id"));
        AssertFault(404, "Not Found", $"Image {Nothing} not found.", await SendAsync(server.Admin, "PUT", $"{Cache}/{Nothing}"));
        AssertFault(404, "Not Found", $"Image {Nothing} not found.", await SendAsync(server.Admin, "DELETE", $"{Cache}/{Nothing}"));
        AssertFault(404, "Not Found", $"Image {Nothing} not found.", await SendAsync(server.Admin, "GET", $"{Cache}/nodes/{Nothing}"));
        var queued = await CreateAsync(server.One, "{}");
        AssertFault(400, "Bad Request", "Only images with status active can be targeted for queueing", await SendAsync(server.Admin, "PUT", $"{Cache}/{queued}"));
        var wrong = await server.Admin.SendAsync(HttpMethod.Delete, Cache, null, ("Accept", "application/json"), ("x-image-cache-clear-target", "invalid"));
        AssertFault(400, "Bad Request", "If provided 'x-image-cache-clear-target' must be 'cache', 'queue' or empty string.", wrong);
        Assert.Equal(405, (int)(await SendAsync(server.Admin, "POST", Cache, "{}")).Status);
    }

    private async Task<(int Status, string Text)> StatusAsync(string method, string path)
    {
        var answer = await SendAsync(server.Admin, method, path);
        return ((int)answer.Status, answer.Text);
    }
}

/// <summary>What the cache does over its life: these empty it, fill it beyond its size, and end the server.</summary>
public sealed class CacheLifeTests(CacheServer server) : IClassFixture<CacheServer>
{
    private const string Cache = "/image/v2/cache";

    [Fact]
    public async Task The_cache_keeps_what_fits_and_is_cleared()
    {
        var old = await server.FarImageAsync("/old", new byte[60_000]);
        var recent = await server.FarImageAsync("/recent", new byte[70_000]);
        await server.One.GetAsync($"{Root}/{old}/file");
        await server.CacheAsync(cache => CacheServer.Entry(cache, old) is not null);
        await server.One.GetAsync($"{Root}/{recent}/file");
        await server.CacheAsync(cache => CacheServer.Entry(cache, recent) is not null && CacheServer.Entry(cache, old) is null);
        Assert.Equal("""{"total_files_pruned":0,"total_bytes_pruned":0}""", (await SendAsync(server.Admin, "POST", $"{Cache}/prune")).Text);

        Assert.Equal(204, (int)(await server.Admin.SendAsync(HttpMethod.Delete, Cache, null, ("x-image-cache-clear-target", "queue"))).Status);
        Assert.NotNull(CacheServer.Entry(await server.CacheAsync(_ => true), recent));
        Assert.Equal(204, (int)(await server.Admin.SendAsync(HttpMethod.Delete, Cache)).Status);
        Assert.Equal("""{"cached_images":[],"queued_images":[]}""", (await server.Admin.GetAsync(Cache)).Text);
        Assert.Empty(ImportServer.Sizes(server.Files));
    }

    [Fact]
    public async Task Without_a_cache_the_service_says_so()
    {
        using var data = new TemporaryDirectory();
        await using var plain = await TintypeServer.StartAsync(data.Combine("data"));
        using var admin = await ApiClient.SignInAsync(plain, "tintype-admin");
        AssertFault(404, "Not Found", "Caching via API is not supported at this site.", await SendAsync(admin, "GET", Cache));
        Assert.DoesNotContain("v2.18", (await admin.GetAsync("/image/versions")).Text, StringComparison.Ordinal);
        var versions = (await server.Admin.GetAsync("/image/versions")).Json.GetProperty("versions").EnumerateArray()
            .Select(v => $"{v.GetProperty("id").GetString()} {v.GetProperty("status").GetString()}").ToList();
        Assert.Equal(["v2.18 CURRENT", "v2.17 SUPPORTED", "v2.16 SUPPORTED", "v2.15 SUPPORTED", "v2.14 SUPPORTED", "v2.13 SUPPORTED"], versions.Take(6));
        Assert.Equal(200, (int)(await server.Admin.GetAsync("/image/v2.18/images")).Status);
    }
}
