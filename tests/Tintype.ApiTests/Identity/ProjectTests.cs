using System.Net;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Identity;

public sealed class ProjectTests(SharedServer shared)
{
    private const string Projects = "/identity/v3/projects";

    [Fact]
    public async Task A_member_resolves_any_project_by_its_exact_name_or_id()
    {
        using var member = await shared.SignInAsync("tintype");

        var byName = await member.GetAsync(Projects + "?name=two");
        var project = Assert.Single(byName.Json.GetProperty("projects").EnumerateArray());
        var id = project.GetProperty("id").GetString();
        var view = $$"""
            {"id": "{{id}}", "name": "two", "domain_id": "default", "parent_id": "default", "is_domain": false, "enabled": true, "options": {}, "tags": [],
             "description": "The demo cloud's second project, to share images with", "links": {"self": "{{shared.Server.Address}}identity/v3/projects/{{id}}"} }
            """;
        Assert.Equal(JsonText.Canonical($$"""
            {"projects": [{{view}}], "links": {"next": null, "previous": null, "self": "{{shared.Server.Address}}identity/v3/projects?name=two"} }
            """), JsonText.Canonical(byName.Text));
        Assert.Equal(JsonText.Canonical($$"""{"project": {{view}} }"""), JsonText.Canonical((await member.GetAsync($"{Projects}/{id}")).Text));

        Assert.Empty((await member.GetAsync(Projects + "?name=tw")).Json.GetProperty("projects").EnumerateArray());
        var missing = await member.GetAsync(Projects + "/two");
        Assert.Equal("""{"error":{"code":404,"title":"Not Found","message":"Could not find project: two."}}""", missing.Text);
        Assert.Equal(HttpStatusCode.NotFound, missing.Status);
    }

    [Fact]
    public async Task A_member_sees_their_own_projects_and_looks_no_further()
    {
        using var member = await shared.SignInAsync("tintype");
        using var two = await shared.SignInAsync("tintype-two");

        var refused = await member.GetAsync(Projects);
        Assert.Equal(HttpStatusCode.Forbidden, refused.Status);
        Assert.Equal("""{"error":{"code":403,"title":"Forbidden","message":"You are not authorized to perform the requested action: identity:list_projects."}}""", refused.Text);

        var own = (await member.GetAsync("/identity/v3/auth/projects")).Json.GetProperty("projects");
        Assert.Equal(["one"], own.EnumerateArray().Select(p => p.GetProperty("name").GetString()));
        var mine = await UserIdAsync(member);
        Assert.Equal(["one"], (await member.GetAsync($"/identity/v3/users/{mine}/projects")).Json.GetProperty("projects").EnumerateArray()
            .Select(p => p.GetProperty("name").GetString()));
        Assert.Equal(HttpStatusCode.Forbidden, (await member.GetAsync($"/identity/v3/users/{await UserIdAsync(two)}/projects")).Status);
    }

    [Theory]
    [InlineData("POST", "", "create_project")]
    [InlineData("PATCH", "/x", "update_project")]
    [InlineData("DELETE", "/x", "delete_project")]
    public async Task A_member_changes_no_project(string method, string path, string action)
    {
        using var member = await shared.SignInAsync("tintype");

        var answer = await member.SendAsync(HttpMethod.Parse(method), Projects + path, """{"project": {"name": "mine"}}""");

        Assert.Equal(HttpStatusCode.Forbidden, answer.Status);
        Assert.Equal($$$"""{"error":{"code":403,"title":"Forbidden","message":"You are not authorized to perform the requested action: identity:{{{action}}}."}}""", answer.Text);
    }

    [Fact]
    public async Task An_administrator_makes_changes_and_removes_a_project()
    {
        using var admin = await shared.SignInAsync("tintype-admin");
        var name = SharedServer.Unique("lab");

        var made = await admin.SendAsync(HttpMethod.Post, Projects, $$"""{"project": {"name": "{{name}}", "description": "d", "tags": ["blue"], "cost": 7} }""");
        Assert.Equal(HttpStatusCode.Created, made.Status);
        var id = made.Json.GetProperty("project").GetProperty("id").GetString();
        string View(string name, string description, string enabled, string more) => JsonText.Canonical($$"""
            {"project": {"id": "{{id}}", "name": "{{name}}", "domain_id": "default", "parent_id": "default", "is_domain": false, "enabled": {{enabled}},
              "options": {}, "tags": ["blue"], "description": "{{description}}", {{more}} "links": {"self": "{{shared.Server.Address}}identity/v3/projects/{{id}}"} } }
            """);
        Assert.Equal(View(name, "d", "true", "\"cost\": 7,"), JsonText.Canonical(made.Text));

        var taken = await admin.SendAsync(HttpMethod.Post, Projects, $$"""{"project": {"name": "{{name}}"} }""");
        Assert.Equal(HttpStatusCode.Conflict, taken.Status);
        Assert.Equal($"Conflict occurred attempting to store project - it is not permitted to have two projects with the same name in the same domain : {name}.",
            taken.Json.GetProperty("error").GetProperty("message").GetString());

        var changed = await admin.SendAsync(HttpMethod.Patch, $"{Projects}/{id}", $$"""{"project": {"name": "{{name}}-2", "enabled": false, "description": "e", "cost": null} }""");
        Assert.Equal((HttpStatusCode.OK, View(name + "-2", "e", "false", "")), (changed.Status, JsonText.Canonical(changed.Text)));
        Assert.Equal(changed.Text, (await admin.GetAsync($"{Projects}/{id}")).Text);
        Assert.Equal(HttpStatusCode.Conflict, (await admin.SendAsync(HttpMethod.Patch, $"{Projects}/{id}", """{"project": {"name": "one"} }""")).Status);

        Assert.Equal([name + "-2"], await NamesAsync(admin, $"?tags=blue&name={name}-2"));
        Assert.Empty(await NamesAsync(admin, $"?enabled=true&name={name}-2"));
        Assert.Empty(await NamesAsync(admin, "?is_domain=true"));
        Assert.Contains("one", await NamesAsync(admin, ""));

        Assert.Equal(HttpStatusCode.NoContent, (await admin.SendAsync(HttpMethod.Delete, $"{Projects}/{id}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await admin.SendAsync(HttpMethod.Delete, $"{Projects}/{id}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await admin.SendAsync(HttpMethod.Patch, $"{Projects}/{id}", """{"project": {}}""")).Status);
    }

    [Theory]
    [InlineData("""{"project": {}}""", 400, "Invalid input for field 'project': 'name' is a required property.")]
    [InlineData("""{"project": {"name": 7}}""", 400, "Invalid input for field 'name': a text of 1 to 64 characters is expected, not 7.")]
    [InlineData("""{"projekt": {}}""", 400, "The request body must be an object with the member 'project'.")]
    [InlineData("""{"project": {"name": "a", "domain_id": "nowhere"}}""", 404, "Could not find domain: nowhere.")]
    public async Task A_wrong_project_is_refused_with_what_would_be_right(string request, int code, string message)
    {
        using var admin = await shared.SignInAsync("tintype-admin");

        var answer = await admin.SendAsync(HttpMethod.Post, Projects, request);

        Assert.Equal((code, message), ((int)answer.Status, answer.Json.GetProperty("error").GetProperty("message").GetString()));
    }

    private static async Task<string?> UserIdAsync(ApiClient client) =>
        (await client.SendAsync(HttpMethod.Get, "/identity/v3/auth/tokens", null, ("X-Subject-Token", client.Token!)))
        .Json.GetProperty("token").GetProperty("user").GetProperty("id").GetString();

    private static async Task<IReadOnlyList<string>> NamesAsync(ApiClient client, string query) =>
        [.. (await client.GetAsync(Projects + query)).Json.GetProperty("projects").EnumerateArray().Select(p => p.GetProperty("name").GetString()!)];
}
