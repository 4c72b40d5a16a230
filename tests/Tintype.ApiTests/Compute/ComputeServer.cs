using System.Globalization;
using System.Net;
using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Compute;

[CollectionDefinition(Name)]
public sealed class ComputeCollection : ICollectionFixture<ComputeServer>
{
    public const string Name = "compute";
}

/// <summary>
/// A server whose host keeps all its memory back: servers are taken on, and end in ERROR for want of it, so that everything but the
/// guest itself can be seen at once.
/// </summary>
public sealed class ComputeServer : IAsyncLifetime
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(1);
    private readonly TemporaryDirectory _data = new();

    public TintypeServer Server { get; private set; } = null!;

    /// <summary>A member of project one.</summary>
    public ApiClient Member { get; private set; } = null!;

    public ApiClient Admin { get; private set; } = null!;

    /// <summary>A member of project two.</summary>
    public ApiClient Other { get; private set; } = null!;

    /// <summary>A private image of project one, 1 MiB raw.</summary>
    public string ImageId { get; private set; } = "";

    /// <summary>256 MiB, 1 GiB.</summary>
    public string FlavorId { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Server = await TintypeServer.StartAsync(_data.Combine("data"), "--Compute:HostReserve=1048576");
        Member = await ApiClient.SignInAsync(Server, "tintype");
        Admin = await ApiClient.SignInAsync(Server, "tintype-admin");
        Other = await ApiClient.SignInAsync(Server, "tintype-two");
        ImageId = await MakeImageAsync("""{"name": "small", "disk_format": "raw", "container_format": "bare", "visibility": "private"}""");
        var flavors = (await Member.GetAsync("/compute/v2.1/flavors/detail")).Json.GetProperty("flavors").EnumerateArray();
        FlavorId = flavors.Single(f => f.GetProperty("ram").GetInt32() == 256).GetProperty("id").GetString()!;
    }

    /// <summary>An active image of project one.</summary>
    public async Task<string> MakeImageAsync(string body)
    {
        var made = await Member.SendAsync(HttpMethod.Post, "/image/v2/images", body);
        Assert.Equal(HttpStatusCode.Created, made.Status);
        var id = made.Json.GetProperty("id").GetString()!;
        using var http = new HttpClient { BaseAddress = Server.Address };
        using var upload = new HttpRequestMessage(HttpMethod.Put, $"/image/v2/images/{id}/file") { Content = new ByteArrayContent(new byte[1024 * 1024]) };
        upload.Content.Headers.ContentType = new("application/octet-stream");
        upload.Headers.Add("X-Auth-Token", Member.Token);
        Assert.Equal(HttpStatusCode.NoContent, (await http.SendAsync(upload, TestContext.Current.CancellationToken)).StatusCode);
        return id;
    }

    public static Task<ApiAnswer> AskAsync(ApiClient client, string method, string path, string? json = null, int minor = 1) =>
        client.SendAsync(HttpMethod.Parse(method), $"/compute/v2.1{path}", json,
            ("OpenStack-API-Version", string.Create(CultureInfo.InvariantCulture, $"compute 2.{minor}")));

    /// <summary>A new user who may look at what project one owns, and no more.</summary>
    public async Task<ApiClient> SignInReaderAsync()
    {
        var name = SharedServer.Unique("reader");
        var project = (await Admin.GetAsync("/identity/v3/projects?name=one")).Json.GetProperty("projects")[0].GetProperty("id").GetString();
        var role = (await Admin.GetAsync("/identity/v3/roles?name=reader")).Json.GetProperty("roles")[0].GetProperty("id").GetString();
        var user = (await Admin.SendAsync(HttpMethod.Post, "/identity/v3/users", $$"""{"user": {"name": "{{name}}", "password": "look-only"} }"""))
            .Json.GetProperty("user").GetProperty("id").GetString();
        Assert.Equal(HttpStatusCode.NoContent, (await Admin.SendAsync(HttpMethod.Put, $"/identity/v3/projects/{project}/users/{user}/roles/{role}")).Status);
        var client = new ApiClient(Server);
        var token = await client.SendAsync(HttpMethod.Post, "/identity/v3/auth/tokens", $$"""
            {"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": "{{user}}", "password": "look-only"} } }, "scope": {"project": {"id": "{{project}}"} } } }
            """);
        client.Token = token.Header("X-Subject-Token");
        return client;
    }

    /// <summary>The body of a creation.</summary>
    public string Body(string name, string more = "") =>
        $$"""{"server": {"name": "{{name}}", "imageRef": "{{ImageId}}", "flavorRef": "{{FlavorId}}" {{more}} } }""";

    /// <summary>A server whose build has come to its end, which is ERROR here.</summary>
    public async Task<string> MakeServerAsync(string name, string more = "", int minor = 1)
    {
        var made = await AskAsync(Member, "POST", "/servers", Body(name, more), minor);
        Assert.True(made.Status == HttpStatusCode.Accepted, made.Text);
        var id = made.Json.GetProperty("server").GetProperty("id").GetString()!;
        await UntilAsync(async () => (await ShowAsync(Member, id)).GetProperty("status").GetString() == "ERROR");
        return id;
    }

    public static async Task<JsonElement> ShowAsync(ApiClient client, string id, int minor = 1) =>
        (await AskAsync(client, "GET", $"/servers/{id}", minor: minor)).Json.GetProperty("server");

    /// <summary>Asks again until it is so; clients have no other way to wait.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(_limit);
        while (!await isSo())
            await Task.Delay(50, limit.Token);
    }

    /// <summary>Nova's error body.</summary>
    public static string Refusal(string name, int code, string message) =>
        $$"""{"{{name}}": {"code": {{code}}, "message": {{JsonSerializer.Serialize(message)}} } }""";

    public static void AssertRefused(ApiAnswer answer, string name, int code, string message)
    {
        Assert.Equal(code, (int)answer.Status);
        Assert.Equal(JsonText.Canonical(Refusal(name, code, message)), JsonText.Canonical(answer.Text));
    }

    public async ValueTask DisposeAsync()
    {
        Member.Dispose();
        Admin.Dispose();
        Other.Dispose();
        await Server.DisposeAsync();
        _data.Dispose();
    }
}
