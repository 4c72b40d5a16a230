using System.Globalization;
using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Images.Import;

/// <summary>A server with two stores, and a web server that it may fetch from.</summary>
public sealed class ImportServer : IAsyncLifetime
{
    private readonly TemporaryDirectory _data = new();

    public WebOrigin Web { get; } = new();

    public TintypeServer Server { get; private set; } = null!;

    public ApiClient One { get; private set; } = null!;

    public ApiClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await TintypeServer.StartAsync(_data.Combine("data"),
            "--Images:Stores:first:Driver=local", "--Images:Stores:second:Driver=local", "--Images:DefaultStore=first",
            "--Images:WebDownload:AllowedNetworks:0=127.0.0.1/32", $"--Images:WebDownload:AllowedPorts:0={Web.Port}", "--Images:WebDownload:AllowedPorts:1=80");
        One = await ApiClient.SignInAsync(Server, "tintype");
        Admin = await ApiClient.SignInAsync(Server, "tintype-admin");
    }

    public Task<string> CreateAsync(string diskFormat = "raw") =>
        ImagesApi.CreateAsync(One, $$"""{"name": "imported", "disk_format": "{{diskFormat}}", "container_format": "bare"}""");

    public async Task StageAsync(string id, string data) => Assert.Equal(204, (int)(await One.SendAsync(
        HttpMethod.Put, $"{ImagesApi.Root}/{id}/stage", data, ("Content-Type", "application/octet-stream"))).Status);

    public Task<ApiAnswer> ImportAsync(string id, string body, ApiClient? by = null) =>
        ImagesApi.SendAsync(by ?? One, "POST", $"{ImagesApi.Root}/{id}/import", body);

    /// <summary>The image once no import holds it any more.</summary>
    public Task<ApiAnswer> SettledAsync(string id) => SettledAsync(One, id);

    public static async Task<ApiAnswer> SettledAsync(ApiClient client, string id)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var answer = await ImagesApi.SendAsync(client, "GET", $"{ImagesApi.Root}/{id}");
            if (!answer.Json.TryGetProperty("os_glance_import_task", out _))
                return answer;
            await Task.Delay(20, patience.Token);
        }
    }

    /// <summary>The answer of a path once the task in it has ended, which is a moment after its image has been let go.</summary>
    public async Task<JsonElement> EndedAsync(string path, Func<JsonElement, JsonElement> task, ApiClient? by = null)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var answer = (await ImagesApi.SendAsync(by ?? One, "GET", path)).Json;
            if (task(answer).GetProperty("status").GetString() is "success" or "failure")
                return answer;
            await Task.Delay(20, patience.Token);
        }
    }

    public string Staged => Path.Combine(Server.DataDirectory, "staging");

    public string Store(string name) => Path.Combine(Server.DataDirectory, "stores", name);

    /// <summary>The sizes of the blobs in a folder.</summary>
    public static IEnumerable<string> Sizes(string folder) => new DirectoryInfo(folder).GetFiles().Where(f => f.Name != "store-format")
        .Select(f => f.Length.ToString(CultureInfo.InvariantCulture)).Order(StringComparer.Ordinal);

    public async ValueTask DisposeAsync()
    {
        One.Dispose();
        Admin.Dispose();
        await Server.DisposeAsync();
        await Web.DisposeAsync();
        _data.Dispose();
    }
}
