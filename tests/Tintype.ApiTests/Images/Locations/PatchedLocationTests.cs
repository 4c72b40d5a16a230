using System.Text;
using Tintype.ApiTests.Images.Import;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Locations;

/// <summary>Locations as part of the image, shown and patched.</summary>
public sealed class PatchedLocationTests(LocationServer server) : IClassFixture<LocationServer>
{
    [Fact]
    public async Task A_location_makes_the_image_active_and_is_read_through()
    {
        server.Web.Give("/read", "0123456789"u8.ToArray());
        var id = await server.CreateAsync();
        Assert.Equal("[]", LocationServer.Locations(await server.ShowAsync(id)));
        var url = server.Web.Url("/read");

        var patched = await server.AddAsync(id, url, """{"foo": "bar"}""");

        Assert.Equal(200, (int)patched.Status);
        foreach (var image in new[] { patched.Json, await server.ShowAsync(id), (await server.One.GetAsync($"{Root}?id={id}")).Json.GetProperty("images")[0] })
        {
            Assert.Equal($$$"""[{"url":"{{{url}}}","metadata":{"foo":"bar","store":"web"}}]""", LocationServer.Locations(image));
            Assert.Equal(("active", 10, "web", url),
                (image.GetProperty("status").GetString(), image.GetProperty("size").GetInt64(), image.GetProperty("stores").GetString(), image.GetProperty("direct_url").GetString()));
        }

        Assert.Equal("0123456789", (await server.One.GetAsync($"{Root}/{id}/file")).Text);
        var part = await server.One.SendAsync(HttpMethod.Get, $"{Root}/{id}/file", null, ("Range", "bytes=3-5"));
        Assert.Equal((206, "345"), ((int)part.Status, part.Text));
        Assert.Equal(["HEAD /read", "GET /read bytes=0-9", "GET /read bytes=3-5"], server.Web.Requests.Where(r => r.Contains("/read", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_server_without_ranges_is_read_past_what_is_not_wanted()
    {
        server.Web.Give("/whole", "0123456789"u8.ToArray());
        var id = await server.CreateAsync();
        await server.AddAsync(id, server.Web.Url("/whole"));
        server.Web.Answer("/whole", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n0123456789"u8.ToArray());

        Assert.Equal("789", (await server.One.SendAsync(HttpMethod.Get, $"{Root}/{id}/file", null, ("Range", "bytes=7-"))).Text);
    }

    [Fact]
    public async Task A_server_that_does_not_give_the_data_is_unavailable()
    {
        server.Web.Give("/gone", "0123456789"u8.ToArray());
        var id = await server.CreateAsync();
        await server.AddAsync(id, server.Web.Url("/gone"));
        server.Web.Answer("/gone", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());

        var answer = await SendAsync(server.One, "GET", $"{Root}/{id}/file");

        AssertFault(503, "Service Unavailable", $"The image's data cannot be read at present: {server.Web.Url("/gone")} answers with status 404, not with data.", answer);
    }

    [Fact]
    public async Task Locations_are_added_reordered_noted_to_and_removed()
    {
        server.Web.Give("/many", "many"u8.ToArray());
        var id = await server.CreateAsync();
        var url = server.Web.Url("/many");
        await server.AddAsync(id, url);
        await server.ChangeAsync(id, "add", "/locations/0", $$"""{"url": "{{url}}#zero", "metadata": {"speed": "88mph"} }""");
        Assert.Equal($$$"""[{"url":"{{{url}}}#zero","metadata":{"speed":"88mph","store":"web"}},{"url":"{{{url}}}","metadata":{"store":"web"}}]""", LocationServer.Locations(await server.ShowAsync(id)));
        AssertFault(400, "Bad Request", $"The location {url} already exists", await server.AddAsync(id, url));

        var noted = $$"""[{"url": "{{url}}", "metadata": {"a": ["b", {"c": "d"}]} }, {"url": "{{url}}#zero", "metadata": {"store": "web"} }]""";
        Assert.Equal(200, (int)(await server.ChangeAsync(id, "replace", "/locations", noted)).Status);
        Assert.Equal($$$"""[{"url":"{{{url}}}","metadata":{"a":["b",{"c":"d"}],"store":"web"}},{"url":"{{{url}}}#zero","metadata":{"store":"web"}}]""", LocationServer.Locations(await server.ShowAsync(id)));
        AssertFault(400, "Bad Request", $"Original locations is not empty: [{url}, {url}#zero]", await server.ChangeAsync(id, "replace", "/locations", $$"""[{"url": "{{url}}", "metadata": {} }]"""));

        await server.AddAsync(id, $"{url}#three");
        AssertFault(413, "Request Entity Too Large", "The limit has been exceeded on the number of allowed image locations. Attempted: 4, Maximum: 3", await server.AddAsync(id, $"{url}#four"));

        AssertFault(403, "Forbidden", "You are not authorized to complete delete_image_location action.", await RemoveAsync(id, "0", server.One));
        AssertFault(400, "Bad Request", "Invalid position for removing a location.", await RemoveAsync(id, "3"), "The position is '3'; it is '-', or a number, and there are 3 locations.");
        Assert.Equal(200, (int)(await RemoveAsync(id, "0")).Status);
        Assert.Equal(200, (int)(await RemoveAsync(id, "-")).Status);
        Assert.Equal($"{url}#zero", (await server.ShowAsync(id)).GetProperty("direct_url").GetString());
        AssertFault(403, "Forbidden", "Cannot remove last location in the image.", await RemoveAsync(id, "0"));
        AssertFault(403, "Forbidden", "Access was denied to this resource.", await server.ChangeAsync(id, "replace", "/locations", "[]"), "Cannot set locations to empty list.");
    }

    [Fact]
    public async Task What_is_said_of_the_data_is_kept_and_must_not_be_contradicted()
    {
        server.Web.Give("/said", "said"u8.ToArray());
        var id = await server.CreateAsync();
        var hash = string.Concat(Enumerable.Repeat("deadbeef", 16));
        string Location(string url, string checksum, string algorithm) => $$"""
            {"url": "{{url}}", "metadata": {}, "validation_data": {"checksum": "{{checksum}}", "os_hash_algo": "{{algorithm}}", "os_hash_value": "{{hash}}"} }
            """;
        var (one, two) = (new string('1', 32), new string('2', 32));
        AssertFault(409, "Conflict", "os_hash_algo must be sha512, not md5", await server.ChangeAsync(id, "add", "/locations/-", Location(server.Web.Url("/said"), one, "md5")));
        Assert.Equal(200, (int)(await server.ChangeAsync(id, "add", "/locations/-", Location(server.Web.Url("/said"), one, "sha512"))).Status);

        AssertFault(409, "Conflict", "checksum is already set with a different value",
            await server.ChangeAsync(id, "add", "/locations/-", Location(server.Web.Url("/said#2"), two, "sha512")));
        Assert.Equal(200, (int)(await server.ChangeAsync(id, "add", "/locations/-", Location(server.Web.Url("/said#2"), one, "sha512"))).Status);
        var image = await server.ShowAsync(id);
        Assert.Equal((one, "sha512", hash, 2), (image.GetProperty("checksum").GetString(), image.GetProperty("os_hash_algo").GetString(), image.GetProperty("os_hash_value").GetString(), image.GetProperty("locations").GetArrayLength()));
    }

    [Fact]
    public async Task Nothing_but_the_web_can_be_named_and_nobody_elses_image()
    {
        server.Web.Give("/other", "123"u8.ToArray());
        server.Web.Give("/longer", "1234"u8.ToArray());
        server.Web.Give("/empty", []);
        var uploaded = await server.CreateAsync(visibility: "community");
        await server.One.SendAsync(HttpMethod.Put, $"{Root}/{uploaded}/file", "own", ("Content-Type", "application/octet-stream"));
        var file = (await server.ShowAsync(uploaded)).GetProperty("direct_url").GetString()!;
        Assert.StartsWith($"file://{server.Server.DataDirectory}/stores/first/", file, StringComparison.Ordinal);

        var id = await server.CreateAsync();
        foreach (var url in new[] { file, "file:///etc/passwd", "gopher://info.cern.ch", "first://x", "web://x", "", "filesystem:///etc/passwd", "HTTP:x" })
            Assert.Equal((url, 400), (url, (int)(await server.AddAsync(id, url)).Status));
        foreach (var url in new[] { "http://169.254.169.254/latest", "http://10.0.0.1/", "http://127.1:1/", "http://user@127.0.0.1/", "http://nowhere.invalid/x", server.Web.Url("/nothing"), server.Web.Url("/empty") })
            Assert.Equal((url, 400), (url, (int)(await server.AddAsync(id, url)).Status));
        Assert.Equal(("queued", "[]"), ((await server.ShowAsync(id)).GetProperty("status").GetString(), LocationServer.Locations(await server.ShowAsync(id))));

        AssertFault(400, "Bad Request", "Invalid location", await server.AddAsync(uploaded, server.Web.Url("/longer")), $"'{server.Web.Url("/longer")}' has 4 bytes, and the image has 3.");
        Assert.Equal(200, (int)(await server.AddAsync(uploaded, server.Web.Url("/other"))).Status);
        // The service's own copy is the one that is read.
        Assert.Equal("own", (await server.One.GetAsync($"{Root}/{uploaded}/file")).Text);

        // A stranger sees the image, and neither sees where it lies nor has anybody asked.
        var strangers = await server.ShowAsync(uploaded, server.Two);
        Assert.Equal("[]", LocationServer.Locations(strangers));
        Assert.False(strangers.TryGetProperty("direct_url", out _));
        var before = server.Web.Requests.Count;
        AssertFault(403, "Forbidden", "You are not authorized to complete set_image_location action.",
            await server.ChangeAsync(uploaded, "add", "/locations/-", $$"""{"url": "{{server.Web.Url("/other#x")}}", "metadata": {} }""", server.Two));
        Assert.Equal(before, server.Web.Requests.Count);
    }

    [Fact]
    public async Task A_copy_of_what_lies_elsewhere_is_inspected_and_an_own_copy_is_removed_with_its_location()
    {
        server.Web.Give("/claims", Encoding.ASCII.GetBytes("QFI\u00fb is no qcow2"));
        server.Web.Give("/honest", "an honest raw disk"u8.ToArray());
        var lie = await server.CreateAsync("qcow2");
        var honest = await server.CreateAsync();
        await server.AddAsync(lie, server.Web.Url("/claims"));
        await server.AddAsync(honest, server.Web.Url("/honest"));
        const string Copy = """{"method": {"name": "copy-image"}, "stores": ["first"]}""";
        foreach (var id in new[] { lie, honest })
            Assert.Equal(202, (int)(await SendAsync(server.Admin, "POST", $"{Root}/{id}/import", Copy)).Status);
        await ImportServer.SettledAsync(server.One, lie);
        var image = (await ImportServer.SettledAsync(server.One, honest)).Json;

        Assert.Equal("web", (await server.ShowAsync(lie)).GetProperty("stores").GetString());
        Assert.Equal(("web,first", 18, "sha512"), (image.GetProperty("stores").GetString(), image.GetProperty("virtual_size").GetInt64(), image.GetProperty("os_hash_algo").GetString()));
        var file = image.GetProperty("locations")[1].GetProperty("url").GetString()!["file://".Length..];
        Assert.Equal("an honest raw disk", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        Assert.Equal(200, (int)(await RemoveAsync(honest, "1")).Status);
        Assert.False(File.Exists(file));
    }

    [Theory]
    [InlineData("add", "/locations/x", """{"url": "http://h/", "metadata": {}}""", 400)]
    [InlineData("add", "/locations/-", """{"url": "http://h/"}""", 400)]
    [InlineData("add", "/locations/-", """{"metadata": {}}""", 400)]
    [InlineData("add", "/locations/-", """{"url": 5, "metadata": {}}""", 400)]
    [InlineData("add", "/locations/-", """{"url": "http://h/", "metadata": []}""", 400)]
    [InlineData("add", "/locations/-", """{"url": "http://h/", "metadata": {"n": 5}}""", 400)]
    [InlineData("add", "/locations/-", """{"url": "http://h/", "metadata": {}, "validation_data": {"os_hash_algo": "sha512"}}""", 400)]
    [InlineData("add", "/locations/-", """{"url": "http://h/", "metadata": {}, "validation_data": {"x": "y", "os_hash_algo": "sha512", "os_hash_value": "00"}}""", 400)]
    [InlineData("add", "/locations/-", "\"http://h/\"", 400)]
    [InlineData("add", "/locations", """[{"url": "http://h/", "metadata": {}}]""", 400)]
    [InlineData("replace", "/locations", """{"url": "http://h/", "metadata": {}}""", 400)]
    [InlineData("replace", "/locations/0", """{"url": "http://h/", "metadata": {}}""", 400)]
    [InlineData("replace", "/locations", "[null]", 400)]
    public async Task What_is_no_location_is_refused(string operation, string path, string value, int status)
    {
        var id = await server.CreateAsync();
        Assert.Equal(status, (int)(await server.ChangeAsync(id, operation, path, value)).Status);
        Assert.Equal("queued", (await server.ShowAsync(id)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_location_needs_the_formats_and_an_image_that_takes_one()
    {
        server.Web.Give("/early", "early"u8.ToArray());
        var bare = await CreateAsync(server.One, "{}");
        AssertFault(400, "Bad Request", "Properties disk_format, container_format must be set prior to saving data.", await server.AddAsync(bare, server.Web.Url("/early")));
        var both = await PatchAsync(server.One, bare, $$"""
            [{"op": "replace", "path": "/disk_format", "value": "raw"}, {"op": "replace", "path": "/container_format", "value": "bare"},
             {"op": "replace", "path": "/locations", "value": [{"url": "{{server.Web.Url("/early")}}", "metadata": {} }]}]
            """);
        Assert.Equal("active", both.Json.GetProperty("status").GetString());

        await SendAsync(server.One, "POST", $"{Root}/{bare}/actions/deactivate");
        AssertFault(409, "Conflict", "It's not allowed to add locations if image status is deactivated.", await server.AddAsync(bare, server.Web.Url("/early#2")));
    }

    [Fact]
    public async Task The_store_is_read_only_and_takes_nothing()
    {
        var stores = (await server.One.GetAsync("/image/v2/info/stores")).Text;
        Assert.Equal("""{"stores":[{"id":"first","default":"true"},{"id":"web","description":"elsewhere","read-only":"true"}]}""", stores);
        var id = await server.CreateAsync();
        var upload = await server.One.SendAsync(HttpMethod.Put, $"{Root}/{id}/file", "data", ("Content-Type", "application/octet-stream"), ("x-image-meta-store", "web"));
        Assert.Equal(400, (int)upload.Status);
        await server.One.SendAsync(HttpMethod.Put, $"{Root}/{id}/stage", "data", ("Content-Type", "application/octet-stream"));
        var import = await SendAsync(server.One, "POST", $"{Root}/{id}/import", """{"method": {"name": "glance-direct"}, "stores": ["web"]}""");
        AssertFault(409, "Conflict", "Store identifier 'web' is not known, or takes no data; there is first.", import);
    }

    private Task<ApiAnswer> RemoveAsync(string id, string position, ApiClient? by = null) =>
        PatchAsync(by ?? server.Admin, id, $$"""[{"op": "remove", "path": "/locations/{{position}}"}]""");
}
