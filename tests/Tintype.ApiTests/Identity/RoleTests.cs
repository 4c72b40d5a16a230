using System.Net;
using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Identity;

public sealed class RoleTests(SharedServer shared)
{
    private const string Roles = "/identity/v3/roles";

    [Fact]
    public async Task The_persona_roles_are_there_and_stay()
    {
        using var admin = await shared.SignInAsync("tintype-admin");

        var role = Assert.Single((await admin.GetAsync(Roles + "?name=reader")).Json.GetProperty("roles").EnumerateArray());
        var id = role.GetProperty("id").GetString();
        Assert.Equal(JsonText.Canonical($$"""
            {"id": "{{id}}", "name": "reader", "domain_id": null, "description": "May see what the project owns", "options": {"immutable": true},
             "links": {"self": "{{shared.Server.Address}}identity/v3/roles/{{id}}"} }
            """), JsonText.Canonical(role.GetRawText()));

        var refused = await admin.SendAsync(HttpMethod.Delete, $"{Roles}/{id}");
        Assert.Equal(HttpStatusCode.Forbidden, refused.Status);
        Assert.Equal($"Unable to delete immutable role resource: `{id}`. Set resource option \"immutable\" to false first.",
            refused.Json.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal(HttpStatusCode.Forbidden, (await admin.SendAsync(HttpMethod.Patch, $"{Roles}/{id}", """{"role": {"name": "x"}}""")).Status);
    }

    [Fact]
    public async Task A_role_is_made_given_taken_away_and_removed()
    {
        using var admin = await shared.SignInAsync("tintype-admin");
        using var member = await shared.SignInAsync("tintype");
        var name = SharedServer.Unique("role");
        var made = await admin.SendAsync(HttpMethod.Post, Roles, $$"""{"role": {"name": "{{name}}", "description": "d", "domain_id": null, "options": {} } }""");
        Assert.Equal(HttpStatusCode.Created, made.Status);
        var role = made.Json.GetProperty("role").GetProperty("id").GetString();
        Assert.Equal(HttpStatusCode.Conflict, (await admin.SendAsync(HttpMethod.Post, Roles, $$"""{"role": {"name": "{{name}}"} }""")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await member.SendAsync(HttpMethod.Post, Roles, """{"role": {"name": "mine"}}""")).Status);

        var user = await IdAsync(admin, "users", "member-two");
        var project = await IdAsync(admin, "projects", "one");
        var assignment = $"/identity/v3/projects/{project}/users/{user}/roles/{role}";
        Assert.Equal(HttpStatusCode.NotFound, (await admin.SendAsync(HttpMethod.Head, assignment)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await member.SendAsync(HttpMethod.Put, assignment)).Status);
        foreach (var _ in new[] { "once", "and again" })
            Assert.Equal(HttpStatusCode.NoContent, (await admin.SendAsync(HttpMethod.Put, assignment)).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await admin.SendAsync(HttpMethod.Head, assignment)).Status);

        var listed = await admin.GetAsync($"/identity/v3/role_assignments?user.id={user}&role.id={role}&include_names=True");
        Assert.Equal(JsonText.Canonical($$"""
            {"role_assignments": [{
               "role": {"id": "{{role}}", "name": "{{name}}"},
               "user": {"id": "{{user}}", "name": "member-two", "domain": {"id": "default", "name": "Default"} },
               "scope": {"project": {"id": "{{project}}", "name": "one", "domain": {"id": "default", "name": "Default"} } },
               "links": {"assignment": "{{shared.Server.Address}}{{assignment[1..]}}"} }],
             "links": {"next": null, "previous": null,
               "self": "{{shared.Server.Address}}identity/v3/role_assignments?user.id={{user}}&role.id={{role}}&include_names=True"} }
            """), JsonText.Canonical(listed.Text));
        var plain = await admin.GetAsync($"/identity/v3/role_assignments?user.id={user}&role.id={role}");
        Assert.Equal(JsonText.Canonical($$"""
            {"role": {"id": "{{role}}"}, "user": {"id": "{{user}}"}, "scope": {"project": {"id": "{{project}}"} },
             "links": {"assignment": "{{shared.Server.Address}}{{assignment[1..]}}"} }
            """), JsonText.Canonical(Assert.Single(plain.Json.GetProperty("role_assignments").EnumerateArray()).GetRawText()));
        Assert.Equal([name], Names((await admin.GetAsync($"/identity/v3/projects/{project}/users/{user}/roles")).Json.GetProperty("roles")));

        Assert.Equal(HttpStatusCode.NoContent, (await admin.SendAsync(HttpMethod.Delete, assignment)).Status);
        var gone = await admin.SendAsync(HttpMethod.Delete, assignment);
        Assert.Equal(HttpStatusCode.NotFound, gone.Status);
        Assert.Equal($"Could not find role assignment with role: {role}, user or group: {user}, project, domain, or system: {project}.",
            gone.Json.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal(HttpStatusCode.NoContent, (await admin.SendAsync(HttpMethod.Delete, $"{Roles}/{role}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await admin.GetAsync($"{Roles}/{role}")).Status);
    }

    [Theory]
    [InlineData("projects/nowhere/users/{user}/roles/{role}", "Could not find project: nowhere.")]
    [InlineData("projects/{project}/users/nobody/roles/{role}", "Could not find user: nobody.")]
    [InlineData("projects/{project}/users/{user}/roles/nothing", "Could not find role: nothing.")]
    public async Task An_assignment_is_of_what_exists(string path, string message)
    {
        using var admin = await shared.SignInAsync("tintype-admin");
        path = path.Replace("{user}", await IdAsync(admin, "users", "member-one"), StringComparison.Ordinal)
            .Replace("{project}", await IdAsync(admin, "projects", "one"), StringComparison.Ordinal)
            .Replace("{role}", await IdAsync(admin, "roles", "member"), StringComparison.Ordinal);

        var answer = await admin.SendAsync(HttpMethod.Put, "/identity/v3/" + path);

        Assert.Equal((HttpStatusCode.NotFound, message), (answer.Status, answer.Json.GetProperty("error").GetProperty("message").GetString()));
    }

    [Fact]
    public async Task The_one_domain_can_be_seen()
    {
        using var member = await shared.SignInAsync("tintype");
        var view = $$"""
            {"id": "default", "name": "Default", "description": "The default domain", "enabled": true, "tags": [], "options": {},
             "links": {"self": "{{shared.Server.Address}}identity/v3/domains/default"} }
            """;

        Assert.Equal(JsonText.Canonical($$"""{"domain": {{view}} }"""), JsonText.Canonical((await member.GetAsync("/identity/v3/domains/default")).Text));
        var listed = (await member.GetAsync("/identity/v3/domains?name=Default")).Json.GetProperty("domains");
        Assert.Equal(JsonText.Canonical($"[{view}]"), JsonText.Canonical(listed.GetRawText()));
        Assert.Equal("""{"error":{"code":404,"title":"Not Found","message":"Could not find domain: Default."}}""", (await member.GetAsync("/identity/v3/domains/Default")).Text);
    }

    private static async Task<string> IdAsync(ApiClient admin, string collection, string name) =>
        Assert.Single((await admin.GetAsync($"/identity/v3/{collection}?name={name}")).Json.GetProperty(collection).EnumerateArray()).GetProperty("id").GetString()!;

    private static IReadOnlyList<string> Names(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetProperty("name").GetString()!)];
}
