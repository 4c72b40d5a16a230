using System.Text.Json;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Import;

public sealed class ImportTests(ImportServer server) : IClassFixture<ImportServer>
{
    private const string Direct = """{"method": {"name": "glance-direct"} }""";

    [Fact]
    public async Task Staged_data_becomes_the_image()
    {
        var id = await server.CreateAsync();
        await server.StageAsync(id, "staged data");
        Assert.Equal(("uploading", 11), await StateAsync(id));
        var early = await server.One.GetAsync($"{Root}/{id}/file");
        Assert.Equal(204, (int)early.Status);

        Assert.Equal(202, (int)(await server.ImportAsync(id, Direct)).Status);
        var image = (await server.SettledAsync(id)).Json;

        Assert.Equal(("active", 11, "28a8a2a9b42e874de08687bc9a401d46", 
             "523c787fee45e3c47566732df73a469f1f89d8155bc8c69692e33142b7cdab9d0e92cdd47e659f4cfebbd0f8617f96c4dc0d91fd13eff915ccd1e960f60624f6", "first", "", ""),
            (image.GetProperty("status").GetString(), image.GetProperty("size").GetInt64(), image.GetProperty("checksum").GetString(), image.GetProperty("os_hash_value").GetString(),
             image.GetProperty("stores").GetString(), image.GetProperty("os_glance_importing_to_stores").GetString(), image.GetProperty("os_glance_failed_import").GetString()));
        Assert.Equal("staged data", (await server.One.GetAsync($"{Root}/{id}/file")).Text);
        await EventuallyAsync(() => !ImportServer.Sizes(server.Staged).Contains("11"));
    }

    [Fact]
    public async Task An_import_fills_all_stores_and_a_copy_the_missing_ones()
    {
        var everywhere = await server.CreateAsync();
        await server.StageAsync(everywhere, "in all stores at once");
        Assert.Equal(202, (int)(await server.ImportAsync(everywhere, """{"method": {"name": "glance-direct"}, "all_stores": true}""")).Status);
        Assert.Equal("first,second", (await server.SettledAsync(everywhere)).Json.GetProperty("stores").GetString());

        var copied = await server.CreateAsync();
        await server.One.SendAsync(HttpMethod.Put, $"{Root}/{copied}/file", "copied to the second store", ("Content-Type", "application/octet-stream"));
        const string Copy = """{"method": {"name": "copy-image"}, "stores": ["second"]}""";
        AssertFault(403, "Forbidden", "You are not authorized to complete copy_image action.", await server.ImportAsync(copied, Copy));
        Assert.Equal(202, (int)(await server.ImportAsync(copied, Copy, server.Admin)).Status);
        Assert.Equal("first,second", (await server.SettledAsync(copied)).Json.GetProperty("stores").GetString());
        AssertFault(400, "Bad Request", "Image is already present at store 'second'", await server.ImportAsync(copied, Copy, server.Admin));
        // Nothing left to do is no error.
        Assert.Equal(202, (int)(await server.ImportAsync(copied, """{"method": {"name": "copy-image"}, "all_stores": true}""", server.Admin)).Status);

        Assert.Equal(204, (int)(await server.Admin.SendAsync(HttpMethod.Delete, $"/image/v2/stores/first/{copied}")).Status);
        Assert.Equal("second", (await server.One.GetAsync($"{Root}/{copied}")).Json.GetProperty("stores").GetString());
        Assert.Equal("copied to the second store", (await server.One.GetAsync($"{Root}/{copied}/file")).Text);
        Assert.DoesNotContain("26", ImportServer.Sizes(server.Store("first")));
    }

    [Fact]
    public async Task A_store_that_has_lost_an_image_is_read_around()
    {
        var id = await server.CreateAsync();
        await server.StageAsync(id, "read around the store that has lost it");
        await server.ImportAsync(id, """{"method": {"name": "glance-direct"}, "stores": ["first", "second"]}""");
        await server.SettledAsync(id);
        var lost = new DirectoryInfo(server.Store("first")).GetFiles().Single(file => file.Length == 38);
        lost.Delete();

        Assert.Equal("read around the store that has lost it", (await server.One.GetAsync($"{Root}/{id}/file?prefer=first")).Text);
        Assert.Equal("read around the store that has lost it", (await server.One.GetAsync($"{Root}/{id}/file?prefer=second,first")).Text);
    }

    [Fact]
    public async Task What_lies_under_a_url_becomes_the_image()
    {
        server.Web.Give("/disk.raw", "from the web"u8.ToArray());
        server.Web.Redirect("/moved", "/disk.raw");
        var id = await server.CreateAsync();

        Assert.Equal(202, (int)(await DownloadAsync(id, server.Web.Url("/moved"))).Status);
        var image = (await server.SettledAsync(id)).Json;

        Assert.Equal(("active", "first"), (image.GetProperty("status").GetString(), image.GetProperty("stores").GetString()));
        Assert.Equal("from the web", (await server.One.GetAsync($"{Root}/{id}/file")).Text);
    }

    [Theory]
    [InlineData("ftp://example.org/x", "the scheme ftp is not allowed")]
    [InlineData("http://example.org:22/x", "the port 22 is not allowed")]
    [InlineData("http://10.1.2.3/x", "10.1.2.3 is not a public address")]
    [InlineData("http://0x0a010203/x", "10.1.2.3 is not a public address")]
    [InlineData("http://167838211/x", "10.1.2.3 is not a public address")]
    [InlineData("http://169.254.169.254/latest/meta-data", "169.254.169.254 is not a public address")]
    [InlineData("http://[::1]/x", "::1 is not a public address")]
    [InlineData("http://[::ffff:10.1.2.3]/x", "is not a public address")]
    [InlineData("http://user:pass@example.org/x", "it has a user name in it")]
    [InlineData("disk.raw", "it is no URL")]
    public async Task A_url_that_is_not_to_be_fetched_is_refused_at_once(string url, string reason)
    {
        var id = await server.CreateAsync();
        var answer = await DownloadAsync(id, url);
        Assert.Equal(400, (int)answer.Status);
        Assert.Contains(reason, answer.Json.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(("queued", null), await StateAsync(id));
    }

    [Fact]
    public async Task A_download_that_fails_leaves_a_queued_image_and_its_reason()
    {
        server.Web.Redirect("/inside", "http://10.9.8.7/secret");
        server.Web.Redirect("/round", "/round");
        server.Web.Redirect("/file", "file:///etc/passwd");
        server.Web.Redirect("/port", "http://127.0.0.1:22/");
        server.Web.Redirect("/nowhere", "//");
        server.Web.Answer("/torn", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nfifteen bytes.."u8.ToArray());
        server.Web.Give("/fake.qcow2", "no qcow2 at all"u8.ToArray());
        await AssertFailsAsync(server.Web.Url("/inside"), "10.9.8.7 is not a public address");
        await AssertFailsAsync("http://localhost.localdomain.invalid/x", "cannot be fetched");
        await AssertFailsAsync(server.Web.Url("/nothing"), "answers with 404 Not Found, not with an image.");
        await AssertFailsAsync(server.Web.Url("/round"), "leads from one place to the next more than 5 times.");
        await AssertFailsAsync(server.Web.Url("/file"), "does not pass filtering: file:///etc/passwd");
        await AssertFailsAsync(server.Web.Url("/port"), "the port 22 is not allowed");
        await AssertFailsAsync(server.Web.Url("/nowhere"), "leads to '//', which is no URL.");
        await AssertFailsAsync(server.Web.Url("/torn"), "broke off");
        await AssertFailsAsync(server.Web.Url("/fake.qcow2"), "The image is declared as qcow2", "qcow2");
        await EventuallyAsync(() => !ImportServer.Sizes(server.Staged).Contains("15"));
    }

    [Fact]
    public async Task An_import_has_its_conditions()
    {
        var id = await server.CreateAsync();
        AssertFault(409, "Conflict", "Image needs to be staged before 'glance-direct' method can be used", await server.ImportAsync(id, Direct));
        AssertFault(409, "Conflict", "Only images with status active can be targeted for copying", await server.ImportAsync(id, """{"method": {"name": "copy-image"} }""", server.Admin));
        AssertFault(400, "Bad Request", "Unknown import method name 'x'.", await server.ImportAsync(id, """{"method": {"name": "x"} }"""));
        AssertFault(400, "Bad Request", "Import request requires a 'method' field.", await server.ImportAsync(id, "{}"));
        AssertFault(400, "Bad Request", "Import request requires a 'name' field.", await server.ImportAsync(id, """{"method": {} }"""));
        AssertFault(400, "Bad Request", "'all_stores' must be boolean value only", await server.ImportAsync(id, """{"method": {"name": "glance-direct"}, "all_stores": "yes"}"""));
        await server.StageAsync(id, "x");
        AssertFault(409, "Conflict", "Image needs to be in 'queued' state to use 'web-download' method", await DownloadAsync(id, server.Web.Url("/x")));
        AssertFault(409, "Conflict", "Image status transition from uploading to uploading is not allowed", await SendAsync(
            server.One, "PUT", $"{Root}/{id}/stage", "again", "application/octet-stream"));
        AssertFault(409, "Conflict", "Store identifier 'third' is not known, or takes no data; there is first, second.",
            await server.ImportAsync(id, """{"method": {"name": "glance-direct"}, "stores": ["third"]}"""));
        AssertFault(400, "Bad Request", "All_stores parameter can't be used with x-image-meta-store header or stores parameter",
            await server.ImportAsync(id, """{"method": {"name": "glance-direct"}, "stores": ["first"], "all_stores": true}"""));

        var bare = await CreateAsync(server.One, "{}");
        await server.StageAsync(bare, "x");
        AssertFault(409, "Conflict", "'container_format' needs to be set before import", await server.ImportAsync(bare, Direct));
        AssertFault(404, "Not Found", "No image found with ID none", await server.ImportAsync("none", Direct));
    }

    [Fact]
    public async Task Another_image_is_fetched_with_the_properties_that_travel()
    {
        var source = await CreateAsync(server.One, """{"disk_format": "raw", "container_format": "bare", "hw_disk_bus": "scsi", "os_distro": "debian", "speed": "88mph"}""");
        await server.One.SendAsync(HttpMethod.Put, $"{Root}/{source}/file", "of another image", ("Content-Type", "application/octet-stream"));
        var id = await CreateAsync(server.One, """{"disk_format": "iso", "container_format": "ovf", "os_distro": "none"}""");

        Assert.Equal(202, (int)(await FetchAsync(id, "RegionOne", source)).Status);
        var image = (await server.SettledAsync(id)).Json;

        Assert.Equal(("active", "raw", "bare", "scsi", "debian"), (image.GetProperty("status").GetString(), image.GetProperty("disk_format").GetString(),
            image.GetProperty("container_format").GetString(), image.GetProperty("hw_disk_bus").GetString(), image.GetProperty("os_distro").GetString()));
        Assert.False(image.TryGetProperty("speed", out _));
        Assert.Equal("of another image", (await server.One.GetAsync($"{Root}/{id}/file")).Text);
    }

    [Theory]
    [InlineData("RegionOne", "there is none that you may download")]
    [InlineData("elsewhere", "this service knows of no such region; it knows RegionOne")]
    public async Task An_image_that_is_not_to_be_had_leaves_its_reason(string region, string reason)
    {
        var id = await CreateAsync(server.One, """{"disk_format": "iso", "container_format": "ovf", "os_distro": "none"}""");
        var hidden = await CreateAsync(server.Admin, """{"visibility": "private"}""");
        Assert.Equal(202, (int)(await FetchAsync(id, region, hidden)).Status);
        var image = (await server.SettledAsync(id)).Json;
        Assert.Equal(("queued", "iso", "none"), (image.GetProperty("status").GetString(), image.GetProperty("disk_format").GetString(), image.GetProperty("os_distro").GetString()));
        var task = (await server.EndedAsync($"{Root}/{id}/tasks", json => json.GetProperty("tasks")[0])).GetProperty("tasks")[0];
        Assert.Contains(reason, task.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_ways_of_import_are_told()
    {
        AssertAnswer(200, """{"import-methods": {"description": "Import methods available.", "type": "array", "value": ["glance-direct", "web-download", "copy-image", "glance-download"]} }""",
            await SendAsync(server.One, "GET", "/image/v2/info/import"));
        Assert.Equal("glance-direct,web-download,copy-image,glance-download", (await SendAsync(server.One, "POST", Root, "{}")).Header("OpenStack-image-import-methods"));
    }

    private async Task AssertFailsAsync(string url, string reason, string diskFormat = "raw")
    {
        var id = await server.CreateAsync(diskFormat);
        Assert.Equal(202, (int)(await DownloadAsync(id, url)).Status);
        var image = (await server.SettledAsync(id)).Json;
        Assert.Equal(("queued", "first", ""),
            (image.GetProperty("status").GetString(), image.GetProperty("os_glance_failed_import").GetString(), image.GetProperty("os_glance_importing_to_stores").GetString()));
        var task = (await server.EndedAsync($"{Root}/{id}/tasks", json => json.GetProperty("tasks")[0])).GetProperty("tasks")[0];
        Assert.Equal("failure", task.GetProperty("status").GetString());
        Assert.Contains(reason, task.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private Task<ApiAnswer> FetchAsync(string id, string region, string source) =>
        server.ImportAsync(id, $$"""{"method": {"name": "glance-download", "glance_region": "{{region}}", "glance_image_id": "{{source}}"} }""");

    private Task<ApiAnswer> DownloadAsync(string id, string url) =>
        server.ImportAsync(id, $$"""{"method": {"name": "web-download", "uri": {{JsonSerializer.Serialize(url)}} } }""");

    private async Task<(string? Status, long? Size)> StateAsync(string id)
    {
        var image = (await server.One.GetAsync($"{Root}/{id}")).Json;
        var size = image.GetProperty("size");
        return (image.GetProperty("status").GetString(), size.ValueKind == JsonValueKind.Null ? null : size.GetInt64());
    }

    // Bytes are collected after the answer.
    private static async Task EventuallyAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!holds())
            await Task.Delay(20, patience.Token);
    }
}
