using Tintype.ApiTests.Images.Import;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Locations;

/// <summary>Locations as a resource of their own.</summary>
public sealed class AddedLocationTests(LocationServer server) : IClassFixture<LocationServer>
{
    private const string Sha256OfData = "3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7";

    [Fact]
    public async Task A_location_is_added_once_hashed_and_shown_to_services_alone()
    {
        server.Web.Give("/new", "data"u8.ToArray());
        var id = await server.CreateAsync();
        Assert.Equal((202, ""), await PostAsync(id, $$"""{"url": "{{server.Web.Url("/new")}}"}"""));
        var image = (await ImportServer.SettledAsync(server.One, id)).Json;

        Assert.Equal(("active", 4, 4, "8d777f385d3dfec8815d20f7496026dc", "sha512"),
            (image.GetProperty("status").GetString(), image.GetProperty("size").GetInt64(), image.GetProperty("virtual_size").GetInt64(), image.GetProperty("checksum").GetString(), image.GetProperty("os_hash_algo").GetString()));
        Assert.Equal("data", (await server.One.GetAsync($"{Root}/{id}/file")).Text);
        AssertFault(409, "Conflict", "It's not allowed to add locations if image status is active.",
            await SendAsync(server.One, "POST", $"{Root}/{id}/locations", $$"""{"url": "{{server.Web.Url("/new")}}"}"""));

        var path = $"{Root}/{id}/locations";
        Assert.Equal($$$"""[{"url":"{{{server.Web.Url("/new")}}}","metadata":{"store":"web"}}]""", (await server.Admin.GetAsync(path)).Text);
        AssertFault(403, "Forbidden", "You are not authorized to complete fetch_image_location action.", await SendAsync(server.One, "GET", path));

        var task = (await server.EndedAsync(id)).GetProperty("tasks")[0];
        Assert.Equal(("location_import", "success", server.Web.Url("/new")), (task.GetProperty("type").GetString(), task.GetProperty("status").GetString(), task.GetProperty("input").GetProperty("loc_url").GetString()));
    }

    [Theory]
    [InlineData(Sha256OfData, "active", "success")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", "queued", "failure")]
    public async Task What_is_said_of_the_data_is_compared_with_it(string hash, string status, string outcome)
    {
        server.Web.Give("/compared", "data"u8.ToArray());
        var id = await server.CreateAsync();
        Assert.Equal(202, (await PostAsync(id, $$$"""{"url": "{{{server.Web.Url("/compared")}}}", "validation_data": {"os_hash_algo": "sha256", "os_hash_value": "{{{hash}}}"} }""")).Status);
        var image = (await ImportServer.SettledAsync(server.One, id)).Json;

        Assert.Equal(status, image.GetProperty("status").GetString());
        Assert.Equal(status == "active" ? 1 : 0, image.GetProperty("locations").GetArrayLength());
        var task = (await server.EndedAsync(id)).GetProperty("tasks")[0];
        Assert.Equal((outcome, outcome == "success" ? "" : $"os_hash_value: ({hash}) not matched with actual os_hash_value: ({Sha256OfData})"),
            (task.GetProperty("status").GetString(), task.GetProperty("message").GetString()));
    }

    [Fact]
    public async Task What_lies_nowhere_leaves_the_image_queued()
    {
        var id = await server.CreateAsync();
        Assert.Equal(202, (await PostAsync(id, $$"""{"url": "{{server.Web.Url("/nowhere")}}"}""")).Status);
        Assert.Equal("queued", (await ImportServer.SettledAsync(server.One, id)).Json.GetProperty("status").GetString());
        Assert.Equal("failure", (await server.EndedAsync(id)).GetProperty("tasks")[0].GetProperty("status").GetString());
        server.Web.Give("/nowhere", "found"u8.ToArray());
        Assert.Equal(202, (await PostAsync(id, $$"""{"url": "{{server.Web.Url("/nowhere")}}"}""")).Status);
        Assert.Equal("active", (await ImportServer.SettledAsync(server.One, id)).Json.GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("""{"url": "file:///etc/passwd"}""", 403)]
    [InlineData("""{"url": "http://10.0.0.1/x"}""", 400)]
    [InlineData("""{"url": "http://127.0.0.1:22/x"}""", 400)]
    [InlineData("""{"url": 5}""", 400)]
    [InlineData("{}", 400)]
    [InlineData("[]", 400)]
    [InlineData("""{"url": "http://127.0.0.1/", "validation_data": {"os_hash_algo": "sha512"}}""", 400)]
    [InlineData("""{"url": "http://127.0.0.1/", "validation_data": {"os_hash_algo": "crc32", "os_hash_value": "00"}}""", 400)]
    [InlineData("""{"url": "http://127.0.0.1/", "validation_data": {"os_hash_algo": "md5", "os_hash_value": "00"}}""", 400)]
    [InlineData("""{"url": "http://127.0.0.1/", "validation_data": {"os_hash_algo": "md5", "os_hash_value": "xx"}}""", 400)]
    [InlineData("""{"url": "http://127.0.0.1/", "validation_data": {"checksum": "00"}}""", 400)]
    public async Task What_is_no_location_is_refused(string body, int status)
    {
        var id = await server.CreateAsync();
        Assert.Equal(status, (await PostAsync(id, body)).Status);
        Assert.False((await server.ShowAsync(id)).TryGetProperty("os_glance_import_task", out _));
    }

    [Fact]
    public async Task Nobody_adds_to_the_images_of_others()
    {
        var hidden = await server.CreateAsync(visibility: "private");
        var seen = await server.CreateAsync(visibility: "community");
        const string Body = """{"url": "http://127.0.0.1/x"}""";
        AssertFault(404, "Not Found", $"No image found with ID {hidden}", await SendAsync(server.Two, "POST", $"{Root}/{hidden}/locations", Body));
        AssertFault(403, "Forbidden", "You are not authorized to complete add_image_location action.", await SendAsync(server.Two, "POST", $"{Root}/{seen}/locations", Body));
    }

    private async Task<(int Status, string Text)> PostAsync(string id, string body)
    {
        var answer = await SendAsync(server.One, "POST", $"{Root}/{id}/locations", body);
        return ((int)answer.Status, (int)answer.Status == 202 ? answer.Text : "");
    }
}
