using System.Text.Json;
using Tintype.Protocol.Images;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images;

public sealed class ImageRecordTests(ImagesApi api) : IClassFixture<ImagesApi>
{
    [Fact]
    public async Task An_image_from_its_creation_to_its_end()
    {
        var id = Guid.NewGuid().ToString();
        var created = await SendAsync(api.One, "POST", Root, $$"""
            {"id": "{{id}}", "name": "n", "visibility": "private", "disk_format": "raw", "container_format": "bare", "tags": ["b", "a", "b"],
             "hw_disk_bus": "scsi", "tintype_verified": "passed"}
            """);
        string Body(string changes) => $$"""
            {"id": "{{id}}", "visibility": "private", "disk_format": "raw", "container_format": "bare", "status": "queued", "protected": false,
             "os_hidden": false, "owner": "{{api.Projects.One}}", "min_disk": 0, "min_ram": 0, "size": null, "virtual_size": null, "checksum": null,
             "os_hash_algo": null, "os_hash_value": null, "created_at": "TIME", "updated_at": "TIME", "self": "/v2/images/{{id}}",
             "file": "/v2/images/{{id}}/file", "schema": "/v2/schemas/image", {{changes}} }
            """;

        AssertAnswer(201, Body("""  "name": "n", "tags": ["a", "b"], "hw_disk_bus": "scsi" """), created);
        Assert.Equal(new Uri(api.Shared.Server.Address, $"{Root}/{id}").ToString(), created.Header("Location"));
        Assert.Equal(created.Text, (await api.One.GetAsync($"{Root}/{id}")).Text);
        Assert.Equal(created.Text, (await api.One.GetAsync($"{Root}/{id.ToUpperInvariant()}")).Text);
        AssertFault(409, "Conflict", $"Image ID {id} already exists!", await SendAsync(api.Two, "POST", Root, $$"""{"id": "{{id}}"}"""));

        var patched = await PatchAsync(api.One, id, """
            [{"op": "add", "path": "/name", "value": "é"}, {"op": "remove", "path": "/hw_disk_bus"}, {"op": "add", "path": "/a~1b", "value": ""}]
            """);
        AssertAnswer(200, Body("""  "name": "é", "tags": ["a", "b"], "a/b": "" """), patched);
        Assert.Equal(patched.Text, (await PatchAsync(api.One, id, "[]")).Text);

        Assert.Equal(204, (int)(await SendAsync(api.One, "PUT", $"{Root}/{id}/tags/c%20d")).Status);
        Assert.Equal(204, (int)(await SendAsync(api.One, "DELETE", $"{Root}/{id}/tags/a")).Status);
        AssertAnswer(200, Body("""  "name": "é", "tags": ["b", "c d"], "a/b": "" """), await SendAsync(api.One, "GET", $"{Root}/{id}"));

        var deleted = await SendAsync(api.One, "DELETE", $"{Root}/{id}");
        Assert.Equal((204, ""), ((int)deleted.Status, deleted.Text));
        AssertFault(404, "Not Found", $"No image found with ID {id}", await SendAsync(api.One, "GET", $"{Root}/{id}"));
        AssertFault(404, "Not Found", $"Failed to find image {id} to delete", await SendAsync(api.One, "DELETE", $"{Root}/{id}"));
        AssertFault(409, "Conflict", $"Image ID {id} already exists!", await SendAsync(api.One, "POST", Root, $$"""{"id": "{{id}}"}"""));
    }

    [Fact]
    public async Task The_typed_view_reads_what_the_server_says()
    {
        var id = await CreateAsync(api.One, """{"name": "n", "min_disk": 2, "tags": ["t"], "k": "v"}""");
        var text = (await api.One.GetAsync($"{Root}/{id}")).Text;

        var view = JsonSerializer.Deserialize(text, ImagesJson.Default.ImageView)!;

        Assert.Equal(("n", 2, "shared", api.Projects.One, null), (view.Name, view.MinDisk, view.Visibility, view.Owner, view.Size));
        Assert.Equal(["t"], view.Tags);
        Assert.Equal(new Dictionary<string, string> { ["k"] = "v" }, view.Properties);
        Assert.Equal(text, JsonSerializer.Serialize(view, ImagesJson.Default.ImageView));
    }

    [Fact]
    public async Task What_is_not_ones_own()
    {
        var secret = await CreateAsync(api.One, """{"visibility": "private"}""");
        var open = await CreateAsync(api.One, """{"visibility": "community"}""");

        foreach (var path in new[] { $"{Root}/{secret}", $"{Root}/{Guid.Empty}", $"{Root}/my-image" })
        {
            var id = path.Split('/')[^1];
            AssertFault(404, "Not Found", $"No image found with ID {id}", await SendAsync(api.Two, "GET", path));
            AssertFault(404, "Not Found", $"Failed to find image {id} to delete", await SendAsync(api.Two, "DELETE", path));
            AssertFault(404, "Not Found", $"No image found with ID {id}", await SendAsync(api.Two, "PATCH", path, "[]", Patch));
            AssertFault(404, "Not Found", $"Image {id} not found.", await SendAsync(api.Two, "PUT", $"{path}/tags/x"));
            AssertFault(404, "Not Found", $"No image found with ID {id}", await SendAsync(api.Two, "POST", $"{path}/actions/deactivate"));
        }

        Assert.Equal(200, (int)(await SendAsync(api.Two, "GET", $"{Root}/{open}")).Status);
        AssertFault(403, "Forbidden", "You are not authorized to complete delete_image action.", await SendAsync(api.Two, "DELETE", $"{Root}/{open}"));
        AssertFault(403, "Forbidden", "You are not authorized to complete modify_image action.", await SendAsync(api.Two, "PUT", $"{Root}/{open}/tags/x"));
        AssertFault(403, "Forbidden", "You are not authorized to complete modify_image action.", await PatchAsync(api.Two, open, """[{"op": "add", "path": "/k", "value": "v"}]"""));
        AssertFault(403, "Forbidden", "You are not authorized to complete deactivate action.", await SendAsync(api.Two, "POST", $"{Root}/{open}/actions/deactivate"));
    }

    [Fact]
    public async Task Public_is_for_administrators_to_say()
    {
        var id = await CreateAsync(api.One, """{"visibility": "private"}""");
        const string Publish = """[{"op": "replace", "path": "/visibility", "value": "public"}]""";
        AssertFault(403, "Forbidden", "You are not authorized to complete publicize_image action.", await PatchAsync(api.One, id, Publish));
        AssertFault(403, "Forbidden", "You are not authorized to complete publicize_image action.", await SendAsync(api.One, "POST", Root, """{"visibility": "public"}"""));
        Assert.Equal("public", (await PatchAsync(api.Admin, id, Publish)).Json.GetProperty("visibility").GetString());
        Assert.Equal(200, (int)(await SendAsync(api.Two, "GET", $"{Root}/{id}")).Status);
        Assert.Equal(204, (int)(await SendAsync(api.One, "DELETE", $"{Root}/{id}")).Status);
    }

    [Fact]
    public async Task What_the_system_notes_is_not_for_clients_to_write()
    {
        var id = await CreateAsync(api.One, """{"tintype_consistency": "offline"}""");
        Assert.False((await api.One.GetAsync($"{Root}/{id}")).Json.TryGetProperty("tintype_consistency", out _));
        foreach (var client in new[] { api.One, api.Admin })
        {
            AssertFault(403, "Forbidden", "Attribute 'tintype_consistency' is read-only.",
                await PatchAsync(client, id, """[{"op": "add", "path": "/tintype_consistency", "value": "offline"}]"""));
        }
    }

    [Fact]
    public async Task A_protected_image_is_not_deleted()
    {
        var id = await CreateAsync(api.One, """{"protected": true}""");
        AssertFault(403, "Forbidden", $"Image {id} is protected and cannot be deleted.", await SendAsync(api.One, "DELETE", $"{Root}/{id}"));
        await PatchAsync(api.One, id, """[{"op": "replace", "path": "/protected", "value": false}]""");
        Assert.Equal(204, (int)(await SendAsync(api.One, "DELETE", $"{Root}/{id}")).Status);
    }

    [Fact]
    public async Task Deactivation_keeps_the_data_from_all_but_administrators()
    {
        var id = await CreateAsync(api.One, """{"disk_format": "raw", "container_format": "bare"}""");
        AssertFault(403, "Forbidden", "Not allowed to deactivate image in status 'queued'", await SendAsync(api.One, "POST", $"{Root}/{id}/actions/deactivate"));
        Assert.Equal(204, (int)(await SendAsync(api.One, "PUT", $"{Root}/{id}/file", "data", "application/octet-stream")).Status);

        Assert.Equal(204, (int)(await SendAsync(api.One, "POST", $"{Root}/{id}/actions/deactivate")).Status);
        Assert.Equal(204, (int)(await SendAsync(api.One, "POST", $"{Root}/{id}/actions/deactivate")).Status);
        Assert.Equal("deactivated", (await api.One.GetAsync($"{Root}/{id}")).Json.GetProperty("status").GetString());
        AssertFault(403, "Forbidden", "The requested image has been deactivated. Image data download is forbidden.", await SendAsync(api.One, "GET", $"{Root}/{id}/file"));
        Assert.Equal("data", (await api.Admin.GetAsync($"{Root}/{id}/file")).Text);

        Assert.Equal(204, (int)(await SendAsync(api.One, "POST", $"{Root}/{id}/actions/reactivate")).Status);
        Assert.Equal("data", (await api.One.GetAsync($"{Root}/{id}/file")).Text);
        AssertFault(403, "Forbidden", "Attribute disk_format can be only replaced for a queued image.",
            await PatchAsync(api.One, id, """[{"op": "replace", "path": "/disk_format", "value": "qcow2"}]"""));
    }

    [Theory]
    [InlineData("PUT", "", "GET, POST")]
    [InlineData("PUT", "/ID", "DELETE, GET, PATCH")]
    [InlineData("HEAD", "/ID", "DELETE, GET, PATCH")]
    [InlineData("POST", "/ID/file", "GET, PUT")]
    [InlineData("HEAD", "/ID/file", "GET, PUT")]
    [InlineData("GET", "/ID/tags/x", "DELETE, PUT")]
    [InlineData("GET", "/ID/actions/deactivate", "POST")]
    [InlineData("PUT", "/ID/members", "GET, POST")]
    [InlineData("POST", "/ID/members/x", "DELETE, GET, PUT")]
    public async Task Another_method_is_405_and_learns_which_there_are(string method, string path, string allow)
    {
        var answer = await SendAsync(api.One, method, Root + path.Replace("ID", Guid.NewGuid().ToString(), StringComparison.Ordinal));
        Assert.Equal((405, allow), ((int)answer.Status, string.Join(", ", answer.Header("Allow")!.Split(", ").Order(StringComparer.Ordinal))));
        if (method != "HEAD")
        {
            AssertAnswer(405, $$"""{"message": "The method {{method}} is not allowed for this resource. <br /><br />\n", "code": "405 Method Not Allowed", "title": "Method Not Allowed"}""", answer);
        }
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("DELETE", "")]
    [InlineData("PUT", "/tags/x")]
    [InlineData("DELETE", "/tags/x")]
    [InlineData("POST", "/actions/deactivate")]
    [InlineData("POST", "/actions/reactivate")]
    [InlineData("GET", "/members")]
    [InlineData("GET", "/members/x")]
    [InlineData("DELETE", "/members/x")]
    [InlineData("GET", "/file")]
    public async Task Where_no_body_is_expected_one_is_refused(string method, string path) => AssertFault(
        400, "Bad Request", "A body is not expected with this request.", await SendAsync(api.One, method, $"{Root}/{Guid.NewGuid()}{path}", "{}"));

    [Theory]
    [InlineData("POST", "", null)]
    [InlineData("PATCH", "/ID", Patch)]
    [InlineData("POST", "/ID/members", null)]
    [InlineData("PUT", "/ID/members/x", null)]
    public async Task Where_a_body_is_expected_there_must_be_json(string method, string path, string? contentType)
    {
        var full = Root + path.Replace("ID", Guid.NewGuid().ToString(), StringComparison.Ordinal);
        AssertFault(400, "Bad Request", "Body expected in request.", await SendAsync(api.One, method, full, "", contentType));
        var malformed = await SendAsync(api.One, method, full, "{", contentType);
        Assert.Equal(400, (int)malformed.Status);
        Assert.StartsWith("The request body is not valid JSON: ", malformed.Json.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name": "\ud800"}""")]
    [InlineData("""{"\ud800": "v"}""")]
    public async Task Half_a_character_is_no_text(string body)
    {
        var answer = await SendAsync(api.One, "POST", Root, body);
        Assert.Equal(400, (int)answer.Status);
        Assert.StartsWith("The request body has a string before byte ", answer.Json.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_text_is_kept_as_it_was_sent()
    {
        const string Odd = "a\u0000b \"\\/<>& \u2028 \U0001F600";
        var id = await CreateAsync(api.One, JsonSerializer.Serialize(new Dictionary<string, string> { ["name"] = Odd, [Odd] = Odd }));
        var shown = (await api.One.GetAsync($"{Root}/{id}")).Json;
        Assert.Equal((Odd, Odd), (shown.GetProperty("name").GetString(), shown.GetProperty(Odd).GetString()));
        var found = await SendAsync(api.One, "GET", $"{Root}?id={id}&{Uri.EscapeDataString(Odd)}={Uri.EscapeDataString(Odd)}");
        Assert.Equal(1, found.Json.GetProperty("images").GetArrayLength());
    }

    [Fact]
    public async Task Another_patch_is_415_and_learns_which_there_are()
    {
        var answer = await SendAsync(api.One, "PATCH", $"{Root}/{Guid.NewGuid()}", "[]", "application/json");
        const string Both = "application/openstack-images-v2.0-json-patch, application/openstack-images-v2.1-json-patch";
        Assert.Equal(Both, answer.Header("Accept-Patch"));
        AssertAnswer(415, $$"""
            {"message": "The request media type application/json is not supported by this server.\n<br /><br />\nImage PATCH expects Content-Type one of: {{Both}}",
             "code": "415 Unsupported Media Type", "title": "Unsupported Media Type"}
            """, answer);
    }

    [Fact]
    public async Task Without_a_token_nothing_is_told()
    {
        using var nobody = new ApiClient(api.Shared.Server);
        foreach (var (method, path) in new[] { ("GET", Root), ("GET", $"{Root}/x"), ("POST", Root), ("TRACE", Root), ("GET", "/image/v2/schemas/image") })
        {
            var answer = await SendAsync(nobody, method, path);
            Assert.Equal($"Keystone uri=\"{new Uri(api.Shared.Server.Address, "/identity/v3")}\"", answer.Header("WWW-Authenticate"));
            AssertFault(401, "Unauthorized", "The request you have made requires authentication.", answer);
        }
    }

    [Theory]
    [InlineData("", "text/plain; charset=utf-8", "404 Not Found\n\nNo image found with ID x\n\n   ")]
    [InlineData("*/*", "text/html; charset=utf-8", "<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  <h1>404 Not Found</h1>\n  No image found with ID x<br /><br />\n\n\n\n </body>\n</html>")]
    public async Task A_refusal_comes_in_the_format_asked_for(string accept, string contentType, string body)
    {
        var answer = await api.One.SendAsync(HttpMethod.Get, $"{Root}/x", null, ("Accept", accept));
        Assert.Equal((404, contentType.ToUpperInvariant(), body), ((int)answer.Status, answer.Header("Content-Type")!.ToUpperInvariant(), answer.Text));
    }

    [Theory]
    [InlineData("image", "image")]
    [InlineData("member", "member")]
    [InlineData("images", "image")]
    [InlineData("members", "member")]
    public async Task The_schemas(string name, string item)
    {
        var schema = (await SendAsync(api.One, "GET", $"/image/v2/schemas/{name}")).Json;
        Assert.Equal(name, schema.GetProperty("name").GetString());
        var described = name == item ? schema : schema.GetProperty("properties").GetProperty(name).GetProperty("items");
        Assert.Equal(item, described.GetProperty("name").GetString());

        // It describes every member of the document that the API shows.
        var id = await CreateAsync(api.One, "{}");
        var shown = item == "image" ? await SendAsync(api.One, "GET", $"{Root}/{id}") : await SendAsync(api.One, "POST", $"{Root}/{id}/members", """{"member": "m"}""");
        Assert.Empty(shown.Json.EnumerateObject().Select(m => m.Name).Except(described.GetProperty("properties").EnumerateObject().Select(p => p.Name)));
    }
}
