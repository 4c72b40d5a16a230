using System.Text.Json;
using Tintype.ApiTests.Images.Import;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Images.Locations;

/// <summary>A server that shows locations, with a store of what lies on web servers, and a web server.</summary>
public sealed class LocationServer : IAsyncLifetime
{
    private readonly TemporaryDirectory _data = new();

    public WebOrigin Web { get; } = new();

    public TintypeServer Server { get; private set; } = null!;

    public ApiClient One { get; private set; } = null!;

    public ApiClient Two { get; private set; } = null!;

    public ApiClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await TintypeServer.StartAsync(_data.Combine("data"),
            "--Images:Stores:first:Driver=local", "--Images:Stores:web:Driver=http", "--Images:Stores:web:Description=elsewhere",
            "--Images:ShowMultipleLocations=true", "--Images:ShowImageDirectUrl=true", "--Images:LocationQuota=3",
            "--Images:WebDownload:AllowedNetworks:0=127.0.0.1/32", $"--Images:WebDownload:AllowedPorts:0={Web.Port}", "--Images:WebDownload:AllowedPorts:1=80");
        One = await ApiClient.SignInAsync(Server, "tintype");
        Two = await ApiClient.SignInAsync(Server, "tintype-two");
        Admin = await ApiClient.SignInAsync(Server, "tintype-admin");
    }

    public Task<string> CreateAsync(string diskFormat = "raw", string visibility = "shared") =>
        ImagesApi.CreateAsync(One, $$"""{"name": "elsewhere", "disk_format": "{{diskFormat}}", "container_format": "bare", "visibility": "{{visibility}}"}""");

    public Task<ApiAnswer> ChangeAsync(string id, string operation, string path, string value, ApiClient? by = null) =>
        ImagesApi.PatchAsync(by ?? One, id, $$"""[{"op": "{{operation}}", "path": "{{path}}", "value": {{value}} }]""");

    public Task<ApiAnswer> AddAsync(string id, string url, string metadata = "{}") =>
        ChangeAsync(id, "add", "/locations/-", $$"""{"url": "{{url}}", "metadata": {{metadata}} }""");

    public async Task<JsonElement> ShowAsync(string id, ApiClient? by = null) => (await ImagesApi.SendAsync(by ?? One, "GET", $"{ImagesApi.Root}/{id}")).Json;

    /// <summary>The tasks about an image once the newest has ended.</summary>
    public async Task<JsonElement> EndedAsync(string id)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var tasks = (await ImagesApi.SendAsync(One, "GET", $"{ImagesApi.Root}/{id}/tasks")).Json;
            if (tasks.GetProperty("tasks")[0].GetProperty("status").GetString() is "success" or "failure")
                return tasks;
            await Task.Delay(20, patience.Token);
        }
    }

    /// <summary>The locations as compact JSON.</summary>
    public static string Locations(JsonElement image) => image.GetProperty("locations").GetRawText();

    public async ValueTask DisposeAsync()
    {
        One.Dispose();
        Two.Dispose();
        Admin.Dispose();
        await Server.DisposeAsync();
        await Web.DisposeAsync();
        _data.Dispose();
    }
}
