using System.Text.Json;
using Tintype.ApiTests.Images.Import;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Locations;

/// <summary>What reads data that lie elsewhere is cancelled while half of them are still to come; then nothing is left of it but its reason.</summary>
public sealed class CancelledTaskTests(LocationServer server) : IClassFixture<LocationServer>
{
    private static readonly byte[] _data = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7))];

    [Fact]
    public async Task A_copy_into_another_store_is_taken_back_and_can_be_made_later()
    {
        var release = server.Web.Hold("/copied", _data);
        var id = await server.CreateAsync();
        Assert.Equal(200, (int)(await server.AddAsync(id, server.Web.Url("/copied"))).Status);
        var before = await server.ShowAsync(id);
        Assert.Equal(202, (int)(await CopyAsync(id)).Status);

        var task = await CancelAsync(id, "image-import", "/copied");
        release();

        Assert.Equal(CancelledBy("tintype-admin"), Text(task, "reason"));
        var after = await server.ShowAsync(id);
        Assert.Equal(("active", "web"), (Text(after, "status"), Text(after, "stores")));
        Assert.Equal((Unmarked(before), LocationServer.Locations(before)), (Unmarked(after), LocationServer.Locations(after)));
        await HoldsNothingAsync();
        Assert.Equal(_data, await server.One.BytesAsync($"{Root}/{id}/file"));
        Assert.Equal(202, (int)(await CopyAsync(id)).Status);
        Assert.Equal("web,first", Text((await ImportServer.SettledAsync(server.One, id)).Json, "stores"));
        Assert.Equal(204, (int)(await server.One.SendAsync(HttpMethod.Delete, $"{Root}/{id}")).Status);
        await HoldsNothingAsync();
    }

    [Fact]
    public async Task A_location_of_which_something_is_said_is_taken_from_the_image_again()
    {
        server.Web.Hold("/judged", _data);
        var id = await server.CreateAsync();
        Assert.Equal(202, (int)(await PostAsync(id, "/judged", $$""", "validation_data": {"os_hash_algo": "sha256", "os_hash_value": "{{new string('0', 64)}}"}""")).Status);

        var task = await CancelAsync(id, "location_import", "/judged");

        Assert.Equal(("hashing", CancelledBy("tintype")), (Text(task, "step"), Text(task, "reason")));
        var after = await server.ShowAsync(id);
        Assert.Equal(("queued", "[]", JsonValueKind.Null), (Text(after, "status"), LocationServer.Locations(after), after.GetProperty("size").ValueKind));
        Assert.False(after.TryGetProperty("os_glance_import_task", out _));
        // It can be given another.
        server.Web.Give("/other", "other"u8.ToArray());
        Assert.Equal(202, (int)(await PostAsync(id, "/other")).Status);
        Assert.Equal("active", Text((await ImportServer.SettledAsync(server.One, id)).Json, "status"));
    }

    [Fact]
    public async Task A_location_of_which_nothing_is_said_stays_and_has_no_hash()
    {
        server.Web.Hold("/believed", _data);
        var id = await server.CreateAsync();
        Assert.Equal(202, (int)(await PostAsync(id, "/believed")).Status);

        var task = await CancelAsync(id, "location_import", "/believed");

        Assert.Equal(CancelledBy("tintype"), Text(task, "reason"));
        var after = await server.ShowAsync(id);
        Assert.Equal(("active", _data.Length, JsonValueKind.Null, JsonValueKind.Null),
            (Text(after, "status"), after.GetProperty("size").GetInt32(), after.GetProperty("checksum").ValueKind, after.GetProperty("os_hash_value").ValueKind));
        Assert.False(after.TryGetProperty("os_glance_import_task", out _));
    }

    private Task<ApiAnswer> CopyAsync(string id) =>
        SendAsync(server.Admin, "POST", $"{Root}/{id}/import", """{"method": {"name": "copy-image"}, "stores": ["first"]}""");

    private Task<ApiAnswer> PostAsync(string id, string path, string more = "") =>
        SendAsync(server.One, "POST", $"{Root}/{id}/locations", $$"""{"url": "{{server.Web.Url(path)}}"{{more}} }""");

    /// <summary>Once the first half is being read.</summary>
    /// <returns>The task when it has ended.</returns>
    private async Task<JsonElement> CancelAsync(string image, string kind, string path)
    {
        // A copy is asked for by an administrator, in the administrator's own project.
        var by = kind == "image-import" ? server.Admin : server.One;
        await UntilAsync(() => Task.FromResult(server.Web.Requests.Any(r => r.StartsWith($"GET {path}", StringComparison.Ordinal))));
        var task = Assert.Single((await by.GetAsync($"/tintype/v1/tasks?subject={image}&kind={kind}")).Json.GetProperty("tasks").EnumerateArray());
        Assert.Equal(("running", true), (Text(task, "status"), task.GetProperty("cancellable").GetBoolean()));
        var address = $"/tintype/v1/tasks/{Text(task, "id")}";
        Assert.Equal(202, (int)(await by.SendAsync(HttpMethod.Post, $"{address}/cancel")).Status);
        await UntilAsync(async () => Text((await by.GetAsync(address)).Json, "status") is not ("pending" or "running"));
        var ended = (await by.GetAsync(address)).Json;
        Assert.Equal("cancelled", Text(ended, "status"));
        return ended;
    }

    // A half of a copy is no file's name in the store; what the collector removes, it removes beside the requests.
    private Task HoldsNothingAsync() => UntilAsync(() => Task.FromResult(
        !new DirectoryInfo(Path.Combine(server.Server.DataDirectory, "stores", "first")).EnumerateFiles().Any(file => file.Name != "store-format")));

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!await isSo())
            await Task.Delay(20, patience.Token);
    }

    private string CancelledBy(string cloud) => $"Cancelled by {ApiClient.Credentials(server.Server, cloud).User}.";

    private static (int, string?, string?) Unmarked(JsonElement image) =>
        (image.GetProperty("size").GetInt32(), image.GetProperty("checksum").GetString(), image.TryGetProperty("os_glance_import_task", out var task) ? task.GetString() : null);

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
