using System.Net;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Identity;

public sealed class UserTests(SharedServer shared)
{
    private const string Users = "/identity/v3/users";
    private const string Tokens = "/identity/v3/auth/tokens";

    [Fact]
    public async Task An_administrator_makes_changes_and_removes_a_user()
    {
        using var admin = await shared.SignInAsync("tintype-admin");
        var name = SharedServer.Unique("user");

        var made = await admin.SendAsync(HttpMethod.Post, Users, $$"""{"user": {"name": "{{name}}", "password": "p1", "email": "a@b", "options": {} } }""");
        Assert.Equal(HttpStatusCode.Created, made.Status);
        var id = made.Json.GetProperty("user").GetProperty("id").GetString();
        Assert.Equal(JsonText.Canonical($$"""
            {"user": {"id": "{{id}}", "name": "{{name}}", "domain_id": "default", "enabled": true, "email": "a@b", "options": {}, "password_expires_at": null,
              "links": {"self": "{{shared.Server.Address}}identity/v3/users/{{id}}"} } }
            """), JsonText.Canonical(made.Text));

        var taken = await admin.SendAsync(HttpMethod.Post, Users, $$"""{"user": {"name": "{{name}}"} }""");
        Assert.Equal(HttpStatusCode.Conflict, taken.Status);
        Assert.Equal($"Conflict occurred attempting to store user - Duplicate entry found with name {name} at domain ID default.",
            taken.Json.GetProperty("error").GetProperty("message").GetString());

        var renamed = await admin.SendAsync(HttpMethod.Patch, $"{Users}/{id}", $$"""{"user": {"name": "{{name}}-2", "email": null, "description": "d"} }""");
        Assert.Equal(JsonText.Canonical($$"""
            {"user": {"id": "{{id}}", "name": "{{name}}-2", "domain_id": "default", "enabled": true, "description": "d", "options": {}, "password_expires_at": null,
              "links": {"self": "{{shared.Server.Address}}identity/v3/users/{{id}}"} } }
            """), JsonText.Canonical(renamed.Text));
        Assert.Equal(renamed.Text, (await admin.GetAsync($"{Users}/{id}")).Text);
        Assert.Equal(id, Assert.Single((await admin.GetAsync($"{Users}?name={name}-2")).Json.GetProperty("users").EnumerateArray()).GetProperty("id").GetString());

        Assert.Equal(HttpStatusCode.NoContent, (await admin.SendAsync(HttpMethod.Delete, $"{Users}/{id}")).Status);
        var gone = await admin.GetAsync($"{Users}/{id}");
        Assert.Equal($$$"""{"error":{"code":404,"title":"Not Found","message":"Could not find user: {{{id}}}."}}""", gone.Text);
    }

    [Fact]
    public async Task A_member_sees_themselves_and_nobody_else()
    {
        using var member = await shared.SignInAsync("tintype");
        using var admin = await shared.SignInAsync("tintype-admin");

        var own = Assert.Single((await member.GetAsync($"{Users}?name=member-one")).Json.GetProperty("users").EnumerateArray());
        Assert.Equal(HttpStatusCode.OK, (await member.GetAsync($"{Users}/{own.GetProperty("id").GetString()}")).Status);

        var others = Assert.Single((await admin.GetAsync($"{Users}?name=admin")).Json.GetProperty("users").EnumerateArray()).GetProperty("id").GetString();
        foreach (var path in new[] { Users, $"{Users}?name=admin", $"{Users}/{others}", $"{Users}/nobody" })
            Assert.Equal(HttpStatusCode.Forbidden, (await member.GetAsync(path)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await member.SendAsync(HttpMethod.Patch, $"{Users}/{own.GetProperty("id").GetString()}", """{"user": {"enabled": true}}""")).Status);
    }

    [Fact]
    public async Task Users_change_their_own_password_by_the_old_one()
    {
        using var admin = await shared.SignInAsync("tintype-admin");
        var (id, name) = await MakeUserAsync(admin, "first");
        var (status, token) = await SignInAsync(name, "first");
        Assert.Equal(HttpStatusCode.Created, status);
        using var user = new ApiClient(shared.Server, token);

        var wrong = await user.SendAsync(HttpMethod.Post, $"{Users}/{id}/password", """{"user": {"original_password": "nope", "password": "second"}}""");
        Assert.Equal("""{"error":{"code":401,"title":"Unauthorized","message":"The request you have made requires authentication."}}""", wrong.Text);
        var missing = await user.SendAsync(HttpMethod.Post, $"{Users}/{id}/password", """{"user": {"password": "second"}}""");
        Assert.Equal("Invalid input for field 'user': 'original_password' is a required property.", missing.Json.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal(HttpStatusCode.Forbidden,
            (await admin.SendAsync(HttpMethod.Post, $"{Users}/{id}/password", """{"user": {"original_password": "first", "password": "second"}}""")).Status);

        var changed = await user.SendAsync(HttpMethod.Post, $"{Users}/{id}/password", """{"user": {"original_password": "first", "password": "second"}}""");
        Assert.Equal((HttpStatusCode.NoContent, ""), (changed.Status, changed.Text));

        Assert.Equal(HttpStatusCode.Unauthorized, (await user.GetAsync("/identity/v3/auth/projects")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SignInAsync(name, "first")).Status);
        Assert.Equal(HttpStatusCode.Created, (await SignInAsync(name, "second")).Status);
    }

    [Theory]
    [InlineData("""{"user": {"enabled": false}}""", "old", HttpStatusCode.Unauthorized)]
    [InlineData("""{"user": {"password": "new"}}""", "new", HttpStatusCode.Created)]
    [InlineData("""{"user": {"password": null}}""", "old", HttpStatusCode.Unauthorized)]
    public async Task What_an_administrator_takes_away_is_gone_at_once(string change, string password, HttpStatusCode next)
    {
        using var admin = await shared.SignInAsync("tintype-admin");
        var (id, name) = await MakeUserAsync(admin, "old");
        var (_, token) = await SignInAsync(name, "old");
        using var user = new ApiClient(shared.Server, token);
        Assert.Equal(HttpStatusCode.OK, (await user.GetAsync("/identity/v3/auth/projects")).Status);

        Assert.Equal(HttpStatusCode.OK, (await admin.SendAsync(HttpMethod.Patch, $"{Users}/{id}", change)).Status);

        Assert.Equal(HttpStatusCode.Unauthorized, (await user.GetAsync("/identity/v3/auth/projects")).Status);
        Assert.Equal(next, (await SignInAsync(name, password)).Status);
    }

    private async Task<(string Id, string Name)> MakeUserAsync(ApiClient admin, string password)
    {
        var name = SharedServer.Unique("user");
        var made = await admin.SendAsync(HttpMethod.Post, Users, $$"""{"user": {"name": "{{name}}", "password": "{{password}}"} }""");
        return (made.Json.GetProperty("user").GetProperty("id").GetString()!, name);
    }

    private async Task<(HttpStatusCode Status, string? Token)> SignInAsync(string name, string password)
    {
        using var client = new ApiClient(shared.Server);
        var answer = await client.SendAsync(HttpMethod.Post, Tokens, $$"""
            {"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "{{name}}", "password": "{{password}}", "domain": {"id": "default"} } } } } }
            """);
        return (answer.Status, answer.Header("X-Subject-Token"));
    }
}
