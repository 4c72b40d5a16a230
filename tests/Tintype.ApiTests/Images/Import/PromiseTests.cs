using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Import;

/// <summary>What is promised of data that is imported is held against it before the image is active.</summary>
public sealed class PromiseTests(ImportServer server) : IClassFixture<ImportServer>
{
    private static readonly byte[] _data = Encoding.UTF8.GetBytes("as its publisher promised");

    private static readonly string _sha256 = Convert.ToHexStringLower(SHA256.HashData(_data));
    private static readonly string _sha384 = Convert.ToHexStringLower(SHA384.HashData(_data));

    [Theory]
    [InlineData("web-download")]
    [InlineData("glance-direct")]
    public async Task Data_that_breaks_its_promise_is_not_kept(string method)
    {
        foreach (var (algorithm, good) in new[] { ("sha256", _sha256), ("sha384", _sha384.ToUpperInvariant()) })
        {
            var kept = await BroughtAsync(method, algorithm, good);
            Assert.Equal(("active", "success"), (kept.Image.GetProperty("status").GetString(), kept.Task.GetProperty("status").GetString()));
            Assert.Equal("sha512", kept.Image.GetProperty("os_hash_algo").GetString());

            var wrong = new string('0', good.Length);
            var broken = await BroughtAsync(method, algorithm, wrong);
            Assert.Equal(("queued", JsonValueKind.Null), (broken.Image.GetProperty("status").GetString(), broken.Image.GetProperty("size").ValueKind));
            Assert.Equal(("failure", $"The data's {algorithm} is {good.ToLowerInvariant()}, not {wrong}, which os_hash_value promised; nothing of it is kept."),
                (broken.Task.GetProperty("status").GetString(), broken.Task.GetProperty("message").GetString()));
        }
    }

    [Fact]
    public async Task A_promise_that_is_none_is_refused_at_once_and_copies_take_none()
    {
        var id = await server.CreateAsync();
        AssertFault(400, "Bad Request", "'os_hash_value' in 'validation_data' is '00'; sha256 has 64 hexadecimal digits.",
            await server.ImportAsync(id, Body("web-download", server.Web.Url("/x"), "sha256", "00")));
        AssertFault(400, "Bad Request", "copy-image brings no data that 'validation_data' could be about; a copy is held against the image's own hash.",
            await server.ImportAsync(id, Body("copy-image", "", "sha256", _sha256)));
        Assert.Equal("queued", (await server.SettledAsync(id)).Json.GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("5", 400)]
    [InlineData("4", 204)]
    [InlineData("-4", 400)]
    [InlineData("4.0", 400)]
    public async Task The_size_that_is_promised_of_staged_data_is_kept(string promised, int status)
    {
        var id = await server.CreateAsync();
        var answer = await server.One.SendAsync(HttpMethod.Put, $"{Root}/{id}/stage", "data", ("Content-Type", "application/octet-stream"), ("x-openstack-image-size", promised));
        Assert.Equal(status, (int)answer.Status);
        Assert.Equal(status == 204 ? "uploading" : "queued", (await server.SettledAsync(id)).Json.GetProperty("status").GetString());
    }

    private async Task<(JsonElement Image, JsonElement Task)> BroughtAsync(string method, string algorithm, string value)
    {
        var id = await server.CreateAsync();
        if (method == "glance-direct")
            await server.StageAsync(id, Encoding.UTF8.GetString(_data));
        server.Web.Give("/promised", _data);
        var begun = await server.ImportAsync(id, Body(method, server.Web.Url("/promised"), algorithm, value));
        Assert.True((int)begun.Status == 202, begun.Text);
        var image = (await server.SettledAsync(id)).Json;
        var task = (await server.EndedAsync($"{Root}/{id}/tasks", tasks => tasks.GetProperty("tasks")[0])).GetProperty("tasks")[0];
        Assert.Equal(value, task.GetProperty("input").GetProperty("import_req").GetProperty("method").GetProperty("validation_data").GetProperty("os_hash_value").GetString());
        return (image, task);
    }

    private static string Body(string method, string uri, string algorithm, string value) =>
        $$"""{"method": {"name": "{{method}}", "uri": "{{uri}}", "validation_data": {"os_hash_algo": "{{algorithm}}", "os_hash_value": "{{value}}"} } }""";
}
