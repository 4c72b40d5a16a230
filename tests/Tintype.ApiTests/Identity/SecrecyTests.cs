using System.Net;
using System.Text;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Identity;

/// <summary>What comes of secrets, on servers with settings of their own.</summary>
public sealed class SecrecyTests : IDisposable
{
    private readonly TemporaryDirectory _data = new();

    [Fact]
    public async Task Neither_passwords_nor_tokens_are_logged_or_stored()
    {
        await using var server = await TintypeServer.StartAsync(_data.Combine("data"), "--Logging:LogLevel:Default=Trace");
        List<string> secrets = ["mistyped-Passw0rd", "a-new-Passw0rd", "token-of-nobody-0123456789"];
        using var member = await ApiClient.SignInAsync(server, "tintype");
        using var admin = await ApiClient.SignInAsync(server, "tintype-admin");
        secrets.AddRange([member.Token!, admin.Token!]);
        secrets.AddRange(new[] { "tintype", "tintype-two", "tintype-admin" }.Select(cloud => ApiClient.Credentials(server, cloud).Password));

        // Everything that brings a secret in, in each way that goes wrong.
        const string Tokens = "/identity/v3/auth/tokens";
        var attempts = new[]
        {
            """{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "member-one", "password": "mistyped-Passw0rd", "domain": {"id": "default"}}}}}}""",
            """{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "mistyped-Passw0rd", "password": "x", "domain": {"id": "default"}}}}}}""",
            """{"auth": {"identity": {"methods": ["password"], "password": {"user": "mistyped-Passw0rd"}}}}""",
            """{"auth": {"identity": {"methods": ["token"], "token": {"id": "token-of-nobody-0123456789"}}}}""",
            """mistyped-Passw0rd""",
        };
        foreach (var attempt in attempts)
        {
            var answer = await member.SendAsync(HttpMethod.Post, Tokens, attempt);
            Assert.True(answer.Status is HttpStatusCode.Unauthorized or HttpStatusCode.BadRequest, answer.Text);
            Assert.DoesNotContain("mistyped-Passw0rd", answer.Text, StringComparison.Ordinal);
        }

        var made = await admin.SendAsync(HttpMethod.Post, "/identity/v3/users", """{"user": {"name": "u", "password": "a-new-Passw0rd"}}""");
        Assert.Equal(HttpStatusCode.Created, made.Status);
        Assert.DoesNotContain("a-new-Passw0rd", made.Text, StringComparison.Ordinal);
        await admin.SendAsync(HttpMethod.Post, "/identity/v3/users", """{"user": {"name": "u", "password": "a-new-Passw0rd"}}""");
        await admin.SendAsync(HttpMethod.Get, Tokens, null, ("X-Subject-Token", member.Token!));
        await admin.SendAsync(HttpMethod.Get, Tokens, null, ("X-Subject-Token", "token-of-nobody-0123456789"));

        await server.StopAsync();
        Assert.Contains(" debug ", server.Output, StringComparison.Ordinal);
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, server.Output, StringComparison.Ordinal));
        foreach (var file in Directory.GetFiles(server.DataDirectory, "tintype.db*"))
        {
            var bytes = File.ReadAllBytes(file);
            Assert.All(secrets, secret => Assert.True(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) < 0, $"{file} has a secret in it."));
        }
    }

    [Fact]
    public async Task A_token_ends_when_it_says()
    {
        await using var server = await TintypeServer.StartAsync(_data.Combine("data"), "--Identity:TokenLifetime=00:00:01");
        var (user, password, _) = ApiClient.Credentials(server, "tintype");
        using var client = new ApiClient(server);
        var issued = await client.SendAsync(HttpMethod.Post, "/identity/v3/auth/tokens", $$"""
            {"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "{{user}}", "password": "{{password}}", "domain": {"id": "default"} } } } } }
            """);
        client.Token = issued.Header("X-Subject-Token");
        var end = issued.Json.GetProperty("token").GetProperty("expires_at").GetDateTimeOffset();

        HttpStatusCode status;
        do
        {
            var asked = DateTimeOffset.UtcNow;
            status = (await client.GetAsync("/identity/v3/auth/projects")).Status;
            if (status == HttpStatusCode.OK)
                Assert.True(asked < end, "The token outlived its time.");
        }
        while (status == HttpStatusCode.OK);

        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.True(DateTimeOffset.UtcNow >= end, "The token was refused before its time.");
    }

    public void Dispose() => _data.Dispose();
}
