using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Import;

public sealed class ImageTaskTests(ImportServer server) : IClassFixture<ImportServer>
{
    private const string Tasks = "/image/v2/tasks";

    [Fact]
    public async Task An_import_is_a_task_of_its_image()
    {
        var id = await server.CreateAsync();
        await server.StageAsync(id, "x");
        await server.ImportAsync(id, """{"method": {"name": "glance-direct"}, "stores": ["second"]}""");
        await server.SettledAsync(id);

        var answer = await server.EndedAsync($"{Root}/{id}/tasks", json => json.GetProperty("tasks")[0]);
        var task = answer.GetProperty("tasks")[0];
        var image = (await server.One.GetAsync($"{Root}/{id}")).Json;
        Assert.Equal(("api_image_import", "success", "", image.GetProperty("owner").GetString(), id),
            (task.GetProperty("type").GetString(), task.GetProperty("status").GetString(), task.GetProperty("message").GetString(),
             task.GetProperty("owner").GetString(), task.GetProperty("image_id").GetString()));
        Assert.Equal($$$"""{"image_id":"{{{id}}}","import_req":{"method":{"name":"glance-direct"},"stores":["second"]},"backend":["second"]}""", task.GetProperty("input").GetRawText());
        Assert.Equal($$"""{"image_id":"{{id}}"}""", task.GetProperty("result").GetRawText());
        AssertFault(404, "Not Found", "No image found with ID none", await SendAsync(server.One, "GET", $"{Root}/none/tasks"));
    }

    [Fact]
    public async Task A_task_makes_an_image_for_an_administrator()
    {
        server.Web.Give("/legacy", "by a task"u8.ToArray());
        var body = $$"""{"type": "import", "input": {"import_from": "{{server.Web.Url("/legacy")}}", "import_from_format": "raw", "image_properties": {"name": "legacy"} } }""";
        AssertFault(403, "Forbidden", "You are not authorized to complete tasks_api_access action.", await SendAsync(server.One, "POST", Tasks, body));

        var made = await SendAsync(server.Admin, "POST", Tasks, body);
        Assert.Equal((201, "import"), ((int)made.Status, made.Json.GetProperty("type").GetString()));
        var self = made.Json.GetProperty("self").GetString()!;
        Assert.Equal($"{server.Server.Address}image{self}", made.Header("Location"));

        var task = await server.EndedAsync($"/image{self}", json => json, server.Admin);
        Assert.Equal("success", task.GetProperty("status").GetString());
        var image = await SendAsync(server.Admin, "GET", $"{Root}/{task.GetProperty("result").GetProperty("image_id").GetString()}");
        Assert.Equal(("legacy", "active", 9), (image.Json.GetProperty("name").GetString(), image.Json.GetProperty("status").GetString(), image.Json.GetProperty("size").GetInt64()));

        var listed = (await SendAsync(server.Admin, "GET", $"{Tasks}?status=success&limit=1")).Json;
        Assert.Equal(1, listed.GetProperty("tasks").GetArrayLength());
        Assert.False(listed.GetProperty("tasks")[0].TryGetProperty("input", out _));
        Assert.StartsWith("/v2/tasks?status=success&limit=1&marker=", listed.GetProperty("next").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tasks_have_their_refusals()
    {
        AssertFault(403, "Forbidden", "You are not authorized to complete tasks_api_access action.", await SendAsync(server.One, "GET", Tasks));
        AssertFault(403, "Forbidden", "You are not authorized to complete tasks_api_access action.", await SendAsync(server.One, "DELETE", $"{Tasks}/x"));
        AssertFault(404, "Not Found", "No task found with ID x", await SendAsync(server.Admin, "GET", $"{Tasks}/x"));
        var refused = await SendAsync(server.Admin, "DELETE", $"{Tasks}/x");
        Assert.Equal((405, "GET"), ((int)refused.Status, refused.Header("Allow")));
        AssertFault(400, "Bad Request", "Invalid status value: done", await SendAsync(server.Admin, "GET", $"{Tasks}?status=done"));
        AssertFault(400, "Bad Request", "limit param must be positive", await SendAsync(server.Admin, "GET", $"{Tasks}?limit=-1"));
        AssertFault(400, "Bad Request", "Invalid marker format", await SendAsync(server.Admin, "GET", $"{Tasks}?marker=x"));
        AssertFault(400, "Bad Request", "Task 'type' is required", await SendAsync(server.Admin, "POST", Tasks, "{}"));
        AssertFault(400, "Bad Request", "Input does not contain 'import_from' field", await SendAsync(server.Admin, "POST", Tasks, """{"type": "import", "input": {} }"""));
        Assert.Equal("task", (await SendAsync(server.One, "GET", "/image/v2/schemas/task")).Json.GetProperty("name").GetString());
        Assert.Equal("tasks", (await SendAsync(server.One, "GET", "/image/v2/schemas/tasks")).Json.GetProperty("name").GetString());
    }
}
