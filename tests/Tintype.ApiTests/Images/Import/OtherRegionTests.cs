using System.Diagnostics;
using System.Text.Json;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Import;

/// <summary>glance-download from another region: a second server, which knows the same users and takes the same tokens.</summary>
public sealed class OtherRegionTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _folder = new();
    private readonly WebOrigin _odd = new();
    private TintypeServer _here = null!;
    private TintypeServer _east = null!;
    private ApiClient _client = null!;
    private ApiClient _far = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var (here, east) = (_folder.Combine("here"), _folder.Combine("east"));
        // A cloud has one identity service for all its regions; here each has its own, which began as the same one.
        string token;
        await using (var first = await TintypeServer.StartAsync(east))
        {
            using var client = await ApiClient.SignInAsync(first, "tintype");
            token = client.Token!;
            await first.StopAsync();
        }

        using (var copy = Process.Start("cp", ["-a", east, here]))
            await copy.WaitForExitAsync(Ct);
        _east = await TintypeServer.StartAsync(east);
        _here = await TintypeServer.StartAsync(here, $"--Images:GlanceDownload:Regions:east={_east.Address}image", $"--Images:GlanceDownload:Regions:gone=http://127.0.0.1:9/image",
            $"--Images:GlanceDownload:Regions:odd={_odd.Url("/image")}", "--Images:WebDownload:IdleTimeout=00:00:05");
        (_client, _far) = (new ApiClient(_here, token), new ApiClient(_east, token));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _far.Dispose();
        await _here.DisposeAsync();
        await _east.DisposeAsync();
        await _odd.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_image_comes_with_its_formats_and_what_travels_of_its_properties()
    {
        var source = await CreateAsync(_far, """{"name": "far", "disk_format": "iso", "container_format": "bare", "hw_disk_bus": "scsi", "os_type": "linux", "private_note": "stays"}""");
        var disc = new byte[64 * 1024];
        "\u0001CD001\u0001"u8.CopyTo(disc.AsSpan(32 * 1024));
        Assert.Equal(204, (int)(await _far.SendBytesAsync(HttpMethod.Put, $"{Root}/{source}/file", disc)).Status);

        var (image, task) = await FetchAsync("east", source);

        Assert.True(image.GetProperty("status").GetString() == "active", task.GetRawText());
        Assert.Equal(("iso", "scsi", "linux", disc.Length, false),
            (image.GetProperty("disk_format").GetString(), image.GetProperty("hw_disk_bus").GetString(), image.GetProperty("os_type").GetString(),
             image.GetProperty("size").GetInt32(), image.TryGetProperty("private_note", out _)));
        Assert.Equal(disc, await _client.BytesAsync($"{Root}/{image.GetProperty("id").GetString()}/file"));
    }

    [Fact]
    public async Task What_is_not_to_be_had_there_fails_the_import_with_the_reason()
    {
        var queued = await CreateAsync(_far, """{"disk_format": "raw", "container_format": "bare"}""");
        await AssertFailsAsync("east", queued, "its status is queued");
        var unknown = Guid.NewGuid().ToString();
        await AssertFailsAsync("east", unknown, $"{_east.Address}image/v2/images/{unknown} answers with 404 Not Found");
        await AssertFailsAsync("west", queued, "this service knows of no such region; it knows ");
        var (image, task) = await FetchAsync("gone", queued);
        Assert.Equal("queued", image.GetProperty("status").GetString());
        Assert.StartsWith("http://127.0.0.1:9/image/v2/images/", task.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    /// <summary>Two imports run at a time: whatever answers them, they end.</summary>
    [Fact]
    public async Task A_service_that_breaks_off_or_falls_silent_or_is_none_fails_the_import_with_the_reason()
    {
        var (page, number, torn, silent) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString(), Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
        var described = JsonSerializer.SerializeToUtf8Bytes(new { id = torn, status = "active", disk_format = "raw", container_format = "bare", size = 100 });
        _odd.Give($"/image/v2/images/{page}", "<html>"u8.ToArray());
        _odd.Give($"/image/v2/images/{number}", "7"u8.ToArray());
        _odd.Give($"/image/v2/images/{torn}", described);
        _odd.Answer($"/image/v2/images/{torn}/file", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nfifteen bytes.."u8.ToArray());
        _odd.Give($"/image/v2/images/{silent}", described);
        _odd.Hold($"/image/v2/images/{silent}/file", new byte[100_000]);

        foreach (var source in new[] { page, number })
            await AssertFailsAsync("odd", source, $"{_odd.Url("/image/v2/images/")}{source} answers with something else than an image's description");
        foreach (var (source, reason) in new[] { (torn, "broke off"), (silent, "has sent nothing for 5 s") })
        {
            var (image, task) = await FetchAsync("odd", source);
            Assert.Equal("queued", image.GetProperty("status").GetString());
            Assert.Contains(reason, task.GetProperty("message").GetString(), StringComparison.Ordinal);
        }
    }

    private async Task AssertFailsAsync(string region, string source, string reason)
    {
        var (image, task) = await FetchAsync(region, source);
        Assert.Equal("queued", image.GetProperty("status").GetString());
        Assert.StartsWith($"The image {source} of the region '{region}' cannot be fetched: {reason}", task.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private async Task<(JsonElement Image, JsonElement Task)> FetchAsync(string region, string source)
    {
        var id = await CreateAsync(_client, """{"name": "fetched", "disk_format": "raw", "container_format": "bare"}""");
        var begun = await SendAsync(_client, "POST", $"{Root}/{id}/import",
            $$"""{"method": {"name": "glance-download", "glance_region": "{{region}}", "glance_image_id": "{{source}}"} }""");
        Assert.True((int)begun.Status == 202, begun.Text);
        var image = (await ImportServer.SettledAsync(_client, id)).Json;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var task = (await SendAsync(_client, "GET", $"{Root}/{id}/tasks")).Json.GetProperty("tasks")[0];
            if (task.GetProperty("status").GetString() is "success" or "failure")
                return (image, task);
            await Task.Delay(20, patience.Token);
        }
    }
}
