using System.Net;
using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Identity;

public sealed class TokenTests(SharedServer shared)
{
    private const string Tokens = "/identity/v3/auth/tokens";

    [Fact]
    public async Task A_password_is_traded_for_a_token_of_the_project()
    {
        using var client = new ApiClient(shared.Server);
        var (user, password, project) = ApiClient.Credentials(shared.Server, "tintype");

        var answer = await client.SendAsync(HttpMethod.Post, Tokens, Scoped(PasswordOf(user, password), $$"""{"name": "{{project}}", "domain": {"name": "Default"} }"""));

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.Matches("^[0-9a-f]{64}$", answer.Header("X-Subject-Token"));
        Assert.Equal("X-Auth-Token", answer.Header("Vary"));
        var token = answer.Json.GetProperty("token");
        var (issued, expires) = (token.GetProperty("issued_at").GetDateTimeOffset(), token.GetProperty("expires_at").GetDateTimeOffset());
        Assert.Equal(TimeSpan.FromHours(8), expires - issued);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", token.GetProperty("expires_at").GetString());
        Assert.Matches("^[A-Za-z0-9_-]{22}$", Assert.Single(token.GetProperty("audit_ids").EnumerateArray()).GetString());
        Assert.Equal(JsonText.Canonical($$"""
            {"token": {
              "methods": ["password"],
              "user": {"domain": {"id": "default", "name": "Default"}, "id": "{{Text(token, "user", "id")}}", "name": "member-one", "password_expires_at": null},
              "project": {"domain": {"id": "default", "name": "Default"}, "id": "{{Text(token, "project", "id")}}", "name": "one"},
              "is_domain": false,
              "roles": [{"id": "3a0c1f0e6f5d4a0b9d6b1b6a7c2e9f03", "name": "member"}, {"id": "3a0c1f0e6f5d4a0b9d6b1b6a7c2e9f04", "name": "reader"}],
              "catalog": {{Catalog(shared.Server.Address)}},
              "audit_ids": {{token.GetProperty("audit_ids").GetRawText()}},
              "issued_at": "{{Text(token, "issued_at")}}",
              "expires_at": "{{Text(token, "expires_at")}}"
            } }
            """), JsonText.Canonical(answer.Text));
    }

    [Fact]
    public async Task Users_and_projects_are_found_by_id_too()
    {
        using var client = await shared.SignInAsync("tintype");
        var mine = (await client.SendAsync(HttpMethod.Get, Tokens, null, ("X-Subject-Token", client.Token!))).Json.GetProperty("token");
        var (_, password, _) = ApiClient.Credentials(shared.Server, "tintype");

        var answer = await client.SendAsync(HttpMethod.Post, Tokens, Scoped(
            $$"""{"methods": ["password"], "password": {"user": {"id": "{{Text(mine, "user", "id")}}", "password": "{{password}}"} } }""",
            $$"""{"id": "{{Text(mine, "project", "id")}}"}"""));

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.Equal("one", Text(answer.Json.GetProperty("token"), "project", "name"));
    }

    [Fact]
    public async Task An_unscoped_token_has_neither_roles_nor_catalog_but_finds_the_projects()
    {
        using var client = new ApiClient(shared.Server);
        var (user, password, _) = ApiClient.Credentials(shared.Server, "tintype");

        var answer = await client.SendAsync(HttpMethod.Post, Tokens, $$"""{"auth": {"identity": {{PasswordOf(user, password)}}, "scope": "unscoped"} }""");
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.Equal(["audit_ids", "expires_at", "issued_at", "methods", "user"], answer.Json.GetProperty("token").EnumerateObject().Select(m => m.Name).Order());

        client.Token = answer.Header("X-Subject-Token");
        var projects = (await client.GetAsync("/identity/v3/auth/projects")).Json.GetProperty("projects");
        var project = Text(Assert.Single(projects.EnumerateArray()), "id");
        var scoped = await client.SendAsync(HttpMethod.Post, Tokens, Scoped(
            $$"""{"methods": ["token"], "token": {"id": "{{client.Token}}"} }""", $$"""{"id": "{{project}}"}"""));
        Assert.Equal(HttpStatusCode.Created, scoped.Status);
        Assert.Equal(["token", "password"], scoped.Json.GetProperty("token").GetProperty("methods").EnumerateArray().Select(m => m.GetString()));
        Assert.Equal(Text(answer.Json.GetProperty("token"), "expires_at"), Text(scoped.Json.GetProperty("token"), "expires_at"));

        // No project, no images: other rooms take tokens with a project alone.
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/compute/v2.1/flavors")).Status);
    }

    [Fact]
    public async Task Without_a_scope_the_default_project_is_taken()
    {
        using var client = new ApiClient(shared.Server);
        var (user, password, _) = ApiClient.Credentials(shared.Server, "tintype-two");

        var answer = await client.SendAsync(HttpMethod.Post, Tokens, $$"""{"auth": {"identity": {{PasswordOf(user, password)}} } }""");

        Assert.Equal("two", Text(answer.Json.GetProperty("token"), "project", "name"));
    }

    [Fact]
    public async Task Whatever_is_wrong_with_a_sign_in_the_answer_is_the_same()
    {
        using var client = new ApiClient(shared.Server);
        var (user, password, project) = ApiClient.Credentials(shared.Server, "tintype");
        var mine = $$"""{"name": "{{project}}", "domain": {"name": "Default"} }""";
        string[] wrong =
        [
            Scoped(PasswordOf(user, password + "x"), mine),
            Scoped(PasswordOf("nobody", password), mine),
            Scoped(PasswordOf(user, password), """{"name": "nowhere", "domain": {"name": "Default"} }"""),
            Scoped(PasswordOf(user, password), """{"name": "two", "domain": {"name": "Default"} }"""),
            Scoped(PasswordOf(user, password), """{"name": "one", "domain": {"name": "Elsewhere"} }"""),
            Scoped("""{"methods": ["token"], "token": {"id": "0123"} }""", mine),
            $$"""{"auth": {"identity": {{PasswordOf(user, password)}}, "scope": {"system": {"all": true} } } }""",
        ];

        foreach (var request in wrong)
        {
            var answer = await client.SendAsync(HttpMethod.Post, Tokens, request);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
            Assert.Equal("""{"error":{"code":401,"title":"Unauthorized","message":"The request you have made requires authentication."}}""", answer.Text);
            Assert.Null(answer.Header("X-Subject-Token"));
        }
    }

    [Theory]
    [InlineData("""{"auth": {"identity": {"methods": ["oauth1"]}}}""", 401, "Unauthorized", "Attempted to authenticate with an unsupported method.")]
    [InlineData("""{"auth": {}}""", 400, "Bad Request",
        "Expecting to find 'identity' in 'auth'. The server could not comply with the request since it is either malformed or otherwise incorrect.")]
    [InlineData("""[]""", 400, "Bad Request", null)]
    [InlineData("""{"auth": """, 400, "Bad Request", null)]
    [InlineData("", 400, "Bad Request", null)]
    public async Task A_malformed_sign_in_is_told_apart(string request, int code, string title, string? message)
    {
        using var client = new ApiClient(shared.Server);

        var answer = await client.SendAsync(HttpMethod.Post, Tokens, request);

        Assert.Equal(code, (int)answer.Status);
        var error = answer.Json.GetProperty("error");
        Assert.Equal((code, title), (error.GetProperty("code").GetInt32(), Text(error, "title")));
        if (message is not null)
            Assert.Equal(message, Text(error, "message"));
    }

    [Fact]
    public async Task A_token_is_shown_and_once_revoked_is_gone()
    {
        using var client = await shared.SignInAsync("tintype");
        using var other = await shared.SignInAsync("tintype");
        var subject = ("X-Subject-Token", other.Token!);

        var shown = await client.SendAsync(HttpMethod.Get, Tokens, null, subject);
        Assert.Equal((HttpStatusCode.OK, other.Token), (shown.Status, shown.Header("X-Subject-Token")));
        Assert.True(shown.Json.GetProperty("token").TryGetProperty("catalog", out _));
        Assert.False((await client.SendAsync(HttpMethod.Get, Tokens + "?nocatalog", null, subject)).Json.GetProperty("token").TryGetProperty("catalog", out _));
        Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(HttpMethod.Head, Tokens, null, subject)).Status);

        var revoked = await client.SendAsync(HttpMethod.Delete, Tokens, null, subject);
        Assert.Equal((HttpStatusCode.NoContent, ""), (revoked.Status, revoked.Text));
        Assert.Equal(HttpStatusCode.NotFound, (await client.SendAsync(HttpMethod.Head, Tokens, null, subject)).Status);
        var gone = await client.SendAsync(HttpMethod.Delete, Tokens, null, subject);
        Assert.Equal("""{"error":{"code":404,"title":"Not Found","message":"Could not find token: the one in X-Subject-Token is unknown, expired or revoked."}}""", gone.Text);
        Assert.Equal(HttpStatusCode.Unauthorized, (await other.GetAsync("/compute/v2.1/flavors")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await other.GetAsync("/identity/v3/auth/projects")).Status);
    }

    [Fact]
    public async Task Another_users_token_is_the_administrators_to_judge()
    {
        using var member = await shared.SignInAsync("tintype");
        using var two = await shared.SignInAsync("tintype-two");
        using var admin = await shared.SignInAsync("tintype-admin");
        var subject = ("X-Subject-Token", two.Token!);

        var refused = await member.SendAsync(HttpMethod.Get, Tokens, null, subject);
        Assert.Equal("""{"error":{"code":403,"title":"Forbidden","message":"You are not authorized to perform the requested action: identity:validate_token."}}""", refused.Text);
        Assert.Equal(HttpStatusCode.Forbidden, (await member.SendAsync(HttpMethod.Delete, Tokens, null, subject)).Status);
        Assert.Equal(HttpStatusCode.OK, (await admin.SendAsync(HttpMethod.Get, Tokens, null, subject)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await admin.SendAsync(HttpMethod.Get, Tokens)).Status);
    }

    [Fact]
    public async Task The_catalog_leads_to_the_name_that_the_client_used()
    {
        using var client = await shared.SignInAsync("tintype");

        var answer = await client.SendAsync(HttpMethod.Get, "/identity/v3/auth/catalog", null, ("Host", "cloud.example:8080"));

        Assert.Equal(JsonText.Canonical($$"""
            {"catalog": {{Catalog(new Uri("http://cloud.example:8080"))}},
             "links": {"next": null, "previous": null, "self": "http://cloud.example:8080/identity/v3/auth/catalog"} }
            """), JsonText.Canonical(answer.Text));
    }

    private static string PasswordOf(string user, string password) =>
        $$"""{"methods": ["password"], "password": {"user": {"name": "{{user}}", "password": "{{password}}", "domain": {"name": "Default"} } } }""";

    private static string Scoped(string identity, string project) => $$"""{"auth": {"identity": {{identity}}, "scope": {"project": {{project}} } } }""";

    private static string Text(JsonElement json, params string[] path) => path.Aggregate(json, (e, name) => e.GetProperty(name)).GetString()!;

    // The ids are the same on every server and at every start: clients keep them.
    private static string Catalog(Uri address)
    {
        var root = address.ToString().TrimEnd('/');
        return $$"""
            [
              {"id": "52da91795549fcca6d5fd6766c09839e", "type": "compute", "name": "nova", "endpoints": [
                {{Endpoint("58cb825870370e741119a3dd05d8fb47", "admin", root + "/compute/v2.1")}},
                {{Endpoint("dfaf01683b5be649de9118f53b318c25", "internal", root + "/compute/v2.1")}},
                {{Endpoint("ebc3d94965dc802a42d5af1f824aa756", "public", root + "/compute/v2.1")}}] },
              {"id": "d01b69c532dbeb3b1aae7c4a05d9abd3", "type": "identity", "name": "keystone", "endpoints": [
                {{Endpoint("fcac83813c5aca60a3fdac4f39c31227", "admin", root + "/identity/v3")}},
                {{Endpoint("42b1f0a1aa7326ef80f0b854c8c82a54", "internal", root + "/identity/v3")}},
                {{Endpoint("6109c65969ab153266fda1a81901aa5e", "public", root + "/identity/v3")}}] },
              {"id": "f708aecf9b13a00453862017719c6187", "type": "image", "name": "glance", "endpoints": [
                {{Endpoint("f048c0dd663adc8ae85cdf248557d1cf", "admin", root + "/image")}},
                {{Endpoint("f0b172ad5845f964b38137c0ed9b593a", "internal", root + "/image")}},
                {{Endpoint("1c6971c660452c8741e99f56f4d8065c", "public", root + "/image")}}] }
            ]
            """;
    }

    private static string Endpoint(string id, string face, string url) =>
        $$"""{"id": "{{id}}", "interface": "{{face}}", "url": "{{url}}", "region": "RegionOne", "region_id": "RegionOne"}""";
}
