using Tintype.ApiTests.Images.Data;
using Tintype.ApiTests.Images.Uploads;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Server;

/// <summary>A server that one page's origin, and another's on a port of its own, may use from a browser.</summary>
public sealed class CorsServer : IAsyncLifetime
{
    private readonly TemporaryDirectory _data = new();

    public TintypeServer Server { get; private set; } = null!;

    public ApiClient One { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await TintypeServer.StartAsync(_data.Combine("data"), "--Cors:AllowedOrigins:0=https://a.example", "--Cors:AllowedOrigins:1=http://b.example:8080",
            "--Cors:AllowedHeaders:0=Range", "--Cors:ExposedHeaders:0=Content-MD5");
        One = await ApiClient.SignInAsync(Server, "tintype");
    }

    public async ValueTask DisposeAsync()
    {
        One.Dispose();
        await Server.DisposeAsync();
        _data.Dispose();
    }
}

/// <summary>What browsers learn about who may use the APIs, which is what the real services' own step tells them.</summary>
public sealed class CorsTests(CorsServer server) : IClassFixture<CorsServer>
{
    private const string Simple = "Accept,Accept-Language,Content-Type,Cache-Control,Content-Language,Expires,Last-Modified,Pragma,Range";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Token => $"X-Auth-Token: {server.One.Token}";

    [Theory]
    [InlineData("/image/v2/images", "Content-MD5,X-Image-Meta-Checksum,X-Storage-Token,Accept-Encoding,X-Auth-Token,X-Identity-Status,X-Roles,X-Service-Catalog,X-User-Id,X-Tenant-Id,X-OpenStack-Request-ID")]
    [InlineData("/identity/v3/auth/tokens", "X-Auth-Token,X-Openstack-Request-Id,X-Subject-Token,X-Project-Id,X-Project-Name,X-Project-Domain-Id,X-Project-Domain-Name,X-Domain-Id,X-Domain-Name,Openstack-Auth-Receipt")]
    [InlineData("/compute/v2.1/servers", "X-Auth-Token,X-Openstack-Request-Id,X-Identity-Status,X-Roles,X-Service-Catalog,X-User-Id,X-Tenant-Id,X-OpenStack-Nova-API-Version,OpenStack-API-Version")]
    [InlineData("/tintype/v1/tasks/1", "X-Auth-Token,X-Openstack-Request-Id,Last-Event-ID")]
    public async Task What_is_asked_beforehand_is_answered_without_a_token(string path, string headers)
    {
        var answer = await AskAsync("OPTIONS", path, "Origin: https://a.example", "Access-Control-Request-Method: PATCH", "Access-Control-Request-Headers: x-auth-token,content-type");

        Assert.Equal(200, answer.Status);
        AssertCors(answer, "https://a.example",
            ("Access-Control-Allow-Methods", "GET,PUT,POST,DELETE,PATCH"), ("Access-Control-Allow-Headers", $"{headers},{Simple}"), ("Access-Control-Max-Age", "3600"));
    }

    [Theory]
    [InlineData("/image/v2/images", 200, "X-Image-Meta-Checksum,X-Auth-Token,X-Subject-Token,X-Service-Token,X-OpenStack-Request-ID,Content-MD5")]
    [InlineData("/image/v2/images/nix", 404, "X-Image-Meta-Checksum,X-Auth-Token,X-Subject-Token,X-Service-Token,X-OpenStack-Request-ID,Content-MD5")]
    [InlineData("/identity/v3/auth/tokens", 200, "X-Auth-Token,X-Openstack-Request-Id,X-Subject-Token,Openstack-Auth-Receipt,Content-MD5")]
    [InlineData("/compute/v2.1/servers", 200, "X-Auth-Token,X-Openstack-Request-Id,X-Subject-Token,X-Service-Token,X-OpenStack-Nova-API-Version,OpenStack-API-Version,Content-MD5")]
    public async Task An_allowed_page_reads_answers_and_refusals(string path, int status, string exposed)
    {
        var answer = await AskAsync("GET", path, "Origin: http://b.example:8080", Token, $"X-Subject-Token: {server.One.Token}");

        Assert.Equal(status, answer.Status);
        AssertCors(answer, "http://b.example:8080", ("Access-Control-Expose-Headers", exposed));
    }

    [Fact]
    public async Task A_page_learns_that_it_has_to_sign_in()
    {
        var answer = await AskAsync("GET", "/image/v2/images", "Origin: https://a.example");

        Assert.Equal((401, "https://a.example"), (answer.Status, answer.Headers["Access-Control-Allow-Origin"]));
    }

    [Theory]
    [InlineData("OPTIONS", 200, "https://other.example")]
    [InlineData("GET", 200, "https://other.example")]
    [InlineData("GET", 200, "http://a.example")]
    [InlineData("GET", 200, "https://a.example:8443")]
    [InlineData("GET", 200, "https://a.example.evil.example")]
    [InlineData("GET", 200, "null")]
    public async Task Others_are_told_nothing(string method, int status, string origin)
    {
        var answer = await AskAsync(method, "/image/v2/images", $"Origin: {origin}", "Access-Control-Request-Method: GET", Token);

        Assert.Equal(status, answer.Status);
        Assert.DoesNotContain(answer.Headers, h => h.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("/image/v2/images")]
    [InlineData("/image/v2/images/6b6c0f5e-6f5c-4bd5-8ae6-0b7a5a1f7f11/file")]
    [InlineData("/image/v2/nonsense")]
    [InlineData("/image/v9")]
    [InlineData("/image/")]
    public async Task Options_of_whatever_is_an_empty_200_as_it_is_with_glance(string path)
    {
        var answer = await AskAsync("OPTIONS", path);

        Assert.Equal((200, "0"), (answer.Status, answer.Headers["Content-Length"]));
        Assert.DoesNotContain("Content-Type", answer.Headers);
    }

    [Theory]
    [InlineData("/image/v2/images", 405, "GET, POST")]
    [InlineData("/image/v2/images/ID", 405, "DELETE, GET, PATCH")]
    [InlineData("/image/v2/images/ID/file", 405, "GET, PUT")]
    [InlineData("/image/v2/images/ID/stage", 405, "PUT")]
    [InlineData("/image/v2/images/ID/import", 405, "POST")]
    [InlineData("/image/v2/images/ID/tasks", 405, "GET")]
    [InlineData("/image/v2/images/ID/members", 405, "GET, POST")]
    [InlineData("/image/v2/images/ID/tags/x", 405, "DELETE, PUT")]
    [InlineData("/image/v2/schemas/image", 405, "GET")]
    [InlineData("/image/v2/metadefs/namespaces", 405, "GET, POST")]
    [InlineData("/image/v2/info/import", 405, "GET")]
    [InlineData("/image/v2/tasks", 405, "GET, POST")]
    [InlineData("/image/v2/nonsense", 404, null)]
    [InlineData("/image/", 300, null)]
    [InlineData("/image/versions", 200, null)]
    public async Task Head_is_answered_as_by_glance(string path, int status, string? allow)
    {
        var answer = await AskAsync("HEAD", path.Replace("ID", "6b6c0f5e-6f5c-4bd5-8ae6-0b7a5a1f7f11", StringComparison.Ordinal), Token);

        Assert.Equal((status, allow), (answer.Status, answer.Headers.GetValueOrDefault("Allow")));
    }

    /// <summary>What tus-js-client does in a browser, and what the browser asks before each of its steps.</summary>
    [Fact]
    public async Task A_page_uploads_an_image_and_goes_on_with_it()
    {
        var image = await ImageCall.QueuedAsync(server.Server, server.One);
        await PermittedAsync(TusCall.Root, "POST", "tus-resumable,upload-length,upload-metadata,x-auth-token");
        var made = await AskAsync("POST", TusCall.Root, "Origin: https://a.example", Token, "Tus-Resumable: 1.0.0", "Upload-Length: 4", $"Upload-Metadata: {TusCall.Metadata(image.Id)}");
        Assert.Equal(201, made.Status);
        Readable(made, "Location", "Upload-Offset", "Upload-Expires", "Tus-Resumable");

        var path = new Uri(made.Headers["Location"]).AbsolutePath;
        await PermittedAsync(path, "HEAD", "tus-resumable,x-auth-token");
        var state = await AskAsync("HEAD", path, "Origin: https://a.example", Token, "Tus-Resumable: 1.0.0");
        Assert.Equal("0", state.Headers["Upload-Offset"]);
        Readable(state, "Upload-Offset", "Upload-Length");

        await PermittedAsync(path, "PATCH", "content-type,tus-resumable,upload-offset,x-auth-token");
        using var connection = await RawConnection.OpenAsync(server.Server.Address, Ct);
        await connection.SendHeadAsync("PATCH", path, Ct, "Origin: https://a.example", Token, "Tus-Resumable: 1.0.0", "Upload-Offset: 0", $"Content-Type: {TusCall.OffsetStream}", "Content-Length: 4");
        await connection.SendAsync("disk"u8.ToArray(), Ct);
        var patched = await connection.ReadHeadAsync(Ct);
        Assert.Equal((204, "4"), (patched.Status, patched.Headers["Upload-Offset"]));
        Readable(patched, "Upload-Offset");
        Assert.Equal("active", await image.StatusAsync());

        // And what is offered there may be asked as ever.
        Assert.Equal("1.0.0", (await AskAsync("OPTIONS", TusCall.Root, "Origin: https://a.example")).Headers["Tus-Version"]);
    }

    [Theory]
    [InlineData("--Cors:AllowedOrigins:0=https://a.example/", "Cors:AllowedOrigins has 'https://a.example/', which is no origin")]
    [InlineData("--Cors:AllowedOrigins:0=a.example", "Cors:AllowedOrigins has 'a.example', which is no origin")]
    [InlineData("--Cors:AllowedOrigins:0=ftp://a.example", "Cors:AllowedOrigins has 'ftp://a.example', which is no origin")]
    [InlineData("--Cors:AllowedHeaders:0=X Y", "Cors names the header 'X Y', which cannot be one.")]
    [InlineData("--Cors:MaximumAge=2.00:00:00", "Cors:MaximumAge is 2.00:00:00; it is between 00:00:00 and 1.00:00:00.")]
    public async Task What_the_operator_gets_wrong_ends_the_start(string option, string sentence)
    {
        using var data = new TemporaryDirectory();

        var failed = await Assert.ThrowsAsync<InvalidOperationException>(() => TintypeServer.StartAsync(data.Combine("data"), option));

        Assert.Contains(sentence, failed.Message, StringComparison.Ordinal);
    }

    private async Task PermittedAsync(string path, string method, string headers)
    {
        var answer = await AskAsync("OPTIONS", path, "Origin: https://a.example", $"Access-Control-Request-Method: {method}", $"Access-Control-Request-Headers: {headers}");
        Assert.Equal((200, "https://a.example"), (answer.Status, answer.Headers["Access-Control-Allow-Origin"]));
        Assert.Contains(method, answer.Headers["Access-Control-Allow-Methods"].Split(','));
        var allowed = answer.Headers["Access-Control-Allow-Headers"].Split(',');
        Assert.All(headers.Split(','), header => Assert.Contains(header, allowed, StringComparer.OrdinalIgnoreCase));
    }

    private static void Readable(RawAnswer answer, params string[] headers)
    {
        Assert.Equal("https://a.example", answer.Headers["Access-Control-Allow-Origin"]);
        Assert.All(headers, header => Assert.Contains(header, answer.Headers["Access-Control-Expose-Headers"].Split(',')));
    }

    /// <summary>These headers, and of their kind no others.</summary>
    private static void AssertCors(RawAnswer answer, string origin, params (string Name, string Value)[] headers)
    {
        var expected = headers.Append(("Access-Control-Allow-Origin", origin)).Append(("Access-Control-Allow-Credentials", "true"));
        Assert.Equal(expected.OrderBy(h => h.Item1, StringComparer.Ordinal),
            answer.Headers.Where(h => h.Key.StartsWith("Access-Control", StringComparison.Ordinal)).Select(h => (h.Key, h.Value)).OrderBy(h => h.Key, StringComparer.Ordinal));
        Assert.Contains("Origin", answer.Headers["Vary"], StringComparison.Ordinal);
    }

    private async Task<RawAnswer> AskAsync(string method, string path, params string[] headers)
    {
        using var connection = await RawConnection.OpenAsync(server.Server.Address, Ct);
        await connection.SendHeadAsync(method, path, Ct, headers);
        return await connection.ReadHeadAsync(Ct);
    }
}
