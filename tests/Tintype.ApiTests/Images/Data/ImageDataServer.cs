using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Images.Data;

/// <summary>A server of its own with a small cap on images, and the calls that the tests of image data share.</summary>
public sealed class ImageDataServer : IAsyncLifetime
{
    /// <summary>64 MiB: larger images are refused.</summary>
    public const long Cap = 64 * 1024 * 1024;

    private readonly TemporaryDirectory _directory = new();

    public TintypeServer Server { get; private set; } = null!;

    public ApiClient One { get; private set; } = null!;

    public ApiClient Two { get; private set; } = null!;

    public ApiClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await TintypeServer.StartAsync(_directory.Path, $"--Images:SizeCapBytes={Cap}");
        One = await ApiClient.SignInAsync(Server, "tintype");
        Two = await ApiClient.SignInAsync(Server, "tintype-two");
        Admin = await ApiClient.SignInAsync(Server, "tintype-admin");
    }

    public async ValueTask DisposeAsync()
    {
        One.Dispose();
        Two.Dispose();
        Admin.Dispose();
        await Server.DisposeAsync();
        _directory.Dispose();
    }

    /// <summary>A new user who may only read in the first project.</summary>
    public async Task<ApiClient> SignInReaderAsync()
    {
        var name = $"reader-{Guid.NewGuid():N}";
        var user = await Admin.SendAsync(HttpMethod.Post, "/identity/v3/users", $$$"""{"user": {"name": "{{{name}}}", "domain_id": "default", "password": "only-for-reading"}}""");
        var (_, _, project) = ApiClient.Credentials(Server, "tintype");
        var projectId = (await Admin.GetAsync($"/identity/v3/projects?name={project}")).Json.GetProperty("projects")[0].GetProperty("id").GetString();
        var roleId = (await Admin.GetAsync("/identity/v3/roles?name=reader")).Json.GetProperty("roles")[0].GetProperty("id").GetString();
        var userId = user.Json.GetProperty("user").GetProperty("id").GetString();
        var assigned = await Admin.SendAsync(HttpMethod.Put, $"/identity/v3/projects/{projectId}/users/{userId}/roles/{roleId}");
        Assert.True((int)assigned.Status == 204, assigned.Text);

        var reader = new ApiClient(Server);
        var token = await reader.SendAsync(HttpMethod.Post, "/identity/v3/auth/tokens", $$$"""
            {"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": "{{{userId}}}", "password": "only-for-reading"} } },
                      "scope": {"project": {"id": "{{{projectId}}}"} } } }
            """);
        reader.Token = token.Header("X-Subject-Token");
        return reader;
    }

    /// <summary>A private image that waits for its data.</summary>
    public Task<ImageCall> QueuedAsync(string? diskFormat = "raw") => ImageCall.QueuedAsync(Server, One, diskFormat);

    public async Task<ImageCall> ActiveAsync(byte[] data, CancellationToken ct)
    {
        var image = await QueuedAsync();
        var (head, body) = await image.UploadAsync(data, ct);
        Assert.True(head.Status == 204, System.Text.Encoding.UTF8.GetString(body));
        return image;
    }
}

/// <summary>One image and what can be done to its data.</summary>
public sealed class ImageCall
{
    private readonly TintypeServer _server;
    private readonly ApiClient _client;

    private ImageCall(TintypeServer server, ApiClient client, Guid id)
    {
        _server = server;
        _client = client;
        Id = id;
    }

    public Guid Id { get; }

    public string Path => $"/image/v2/images/{Id}";

    public string FilePath => Path + "/file";

    public static async Task<ImageCall> QueuedAsync(TintypeServer server, ApiClient client, string? diskFormat = "raw")
    {
        var formats = diskFormat is null ? "" : $$""", "disk_format": "{{diskFormat}}", "container_format": "bare" """;
        var answer = await client.SendAsync(HttpMethod.Post, "/image/v2/images", $$"""{"name": "disk", "visibility": "private"{{formats}}}""");
        Assert.True((int)answer.Status == 201, answer.Text);
        return new ImageCall(server, client, answer.Json.GetProperty("id").GetGuid());
    }

    public async Task<JsonElement> ShowAsync()
    {
        var answer = await _client.GetAsync(Path);
        Assert.True((int)answer.Status == 200, answer.Text);
        return answer.Json;
    }

    public async Task<string> StatusAsync() => (await ShowAsync()).GetProperty("status").GetString()!;

    /// <summary>Waits for a state that another thread of the server brings about.</summary>
    public async Task BecomesAsync(string status, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (await StatusAsync() != status)
            await Task.Delay(10, limit.Token);
    }

    internal Task<RawConnection> ConnectAsync(CancellationToken ct) => RawConnection.OpenAsync(_server.Address, ct);

    internal string Token => $"X-Auth-Token: {_client.Token}";

    /// <summary>A connection that has sent the head of an upload with this length.</summary>
    internal async Task<RawConnection> BeginUploadAsync(long length, CancellationToken ct, params string[] headers)
    {
        var connection = await ConnectAsync(ct);
        await connection.SendHeadAsync("PUT", FilePath, ct,
            [Token, "Content-Type: application/octet-stream", length < 0 ? "Transfer-Encoding: chunked" : $"Content-Length: {length}", .. headers]);
        return connection;
    }

    internal async Task<(RawAnswer Head, byte[] Body)> UploadAsync(byte[] data, CancellationToken ct, params string[] headers)
    {
        using var connection = await BeginUploadAsync(data.Length, ct, headers);
        await connection.SendAsync(data, ct);
        return await connection.ReadAnswerAsync(ct);
    }

    internal async Task<(RawAnswer Head, byte[] Body)> DownloadAsync(CancellationToken ct, params string[] headers)
    {
        using var connection = await ConnectAsync(ct);
        await connection.SendHeadAsync("GET", FilePath, ct, [Token, .. headers]);
        return await connection.ReadAnswerAsync(ct);
    }
}

/// <summary>What lies in a server's store, seen from outside.</summary>
internal static class StoreDirectory
{
    public static string Of(TintypeServer server) => Path.Combine(server.DataDirectory, "images");

    public static IReadOnlyList<string> Files(TintypeServer server) =>
        [.. Directory.EnumerateFiles(Of(server)).Select(f => Path.GetFileName(f)!).Where(f => f != "store-format")];

    /// <summary>The collector works beside the requests: waits until as many files are left.</summary>
    public static async Task HoldsAsync(TintypeServer server, int files, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (Files(server).Count != files)
        {
            if (limit.IsCancellationRequested)
                Assert.Fail($"{files} files were expected in the store, these are there: {string.Join(", ", Files(server))}\n{server.Output}");
            await Task.Delay(20, CancellationToken.None);
        }
    }
}
