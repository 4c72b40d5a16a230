using System.Text.Json;
using Tintype.ApiTests.Images.Import;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Images.Caching;

/// <summary>A server with a cache, and images on a web server.</summary>
public sealed class CacheServer : IAsyncLifetime
{
    private readonly TemporaryDirectory _data = new();

    public WebOrigin Web { get; } = new();

    public TintypeServer Server { get; private set; } = null!;

    public ApiClient One { get; private set; } = null!;

    public ApiClient Admin { get; private set; } = null!;

    public string Files => Path.Combine(Server.DataDirectory, "cache");

    public async ValueTask InitializeAsync()
    {
        Server = await TintypeServer.StartAsync(_data.Combine("data"),
            "--Images:Stores:first:Driver=local", "--Images:Stores:web:Driver=http", "--Images:Cache:Path=cache", "--Images:Cache:MaximumBytes=100000",
            "--Images:Cache:QueueDelay=00:00:01", "--Images:WebDownload:AllowedNetworks:0=127.0.0.1/32", $"--Images:WebDownload:AllowedPorts:0={Web.Port}");
        One = await ApiClient.SignInAsync(Server, "tintype");
        Admin = await ApiClient.SignInAsync(Server, "tintype-admin");
    }

    /// <summary>An image that lies on the web server.</summary>
    public async Task<string> FarImageAsync(string path, byte[] data)
    {
        Web.Give(path, data);
        var id = await ImagesApi.CreateAsync(One, """{"name": "far", "disk_format": "raw", "container_format": "bare"}""");
        await ImagesApi.SendAsync(One, "POST", $"{ImagesApi.Root}/{id}/locations", $$"""{"url": "{{Web.Url(path)}}"}""");
        Assert.Equal("active", (await ImportServer.SettledAsync(One, id)).Json.GetProperty("status").GetString());
        return id;
    }

    /// <summary>The cache once it is as wanted.</summary>
    public async Task<JsonElement> CacheAsync(Func<JsonElement, bool> wanted)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var cache = (await ImagesApi.SendAsync(Admin, "GET", "/image/v2/cache")).Json;
            if (wanted(cache))
                return cache;
            await Task.Delay(20, patience.Token);
        }
    }

    public static JsonElement? Entry(JsonElement cache, string id) => cache.GetProperty("cached_images").EnumerateArray()
        .Where(image => image.GetProperty("image_id").GetString() == id).Select(image => (JsonElement?)image).SingleOrDefault();

    public static bool IsQueued(JsonElement cache, string id) => cache.GetProperty("queued_images").EnumerateArray().Any(image => image.GetString() == id);

    public async ValueTask DisposeAsync()
    {
        One.Dispose();
        Admin.Dispose();
        await Server.DisposeAsync();
        await Web.DisposeAsync();
        _data.Dispose();
    }
}
