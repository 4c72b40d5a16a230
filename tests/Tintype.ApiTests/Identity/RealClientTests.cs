using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Identity;

/// <summary>What an administrator and a member type, in Debian's own client.</summary>
public sealed class RealClientTests(SharedServer shared)
{
    [Fact]
    public async Task An_administrator_gives_a_new_user_a_project_and_takes_it_away()
    {
        var admin = new OpenStackClient(shared.Server, "tintype-admin");
        var (project, user) = (SharedServer.Unique("lab"), SharedServer.Unique("user"));

        Assert.Equal(project, (await admin.JsonAsync("project", "create", "--description", "d", project)).GetProperty("name").GetString());
        Assert.Equal(user, (await admin.JsonAsync("user", "create", "--password", "p", "--project", project, user)).GetProperty("name").GetString());
        await admin.RunAsync("role", "add", "--user", user, "--project", project, "member");
        var assigned = Assert.Single((await admin.JsonAsync("role", "assignment", "list", "--names", "--project", project)).EnumerateArray());
        Assert.Equal(("member", $"{user}@Default", $"{project}@Default"),
            (assigned.GetProperty("Role").GetString(), assigned.GetProperty("User").GetString(), assigned.GetProperty("Project").GetString()));

        await admin.RunAsync("user", "set", "--password", "q", "--disable", user);
        await admin.RunAsync("project", "delete", project);
        using var client = await shared.SignInAsync("tintype-admin");
        var changed = Assert.Single((await client.GetAsync($"/identity/v3/users?name={user}")).Json.GetProperty("users").EnumerateArray());
        Assert.False(changed.GetProperty("enabled").GetBoolean());
        Assert.False(changed.TryGetProperty("default_project_id", out _));
    }

    [Fact]
    public async Task A_member_resolves_a_project_by_name_and_is_told_what_is_not_theirs()
    {
        var member = new OpenStackClient(shared.Server, "tintype");

        Assert.Equal("two", (await member.JsonAsync("project", "show", "two")).GetProperty("name").GetString());
        var refused = await member.TryAsync("project", "create", "mine");
        Assert.StartsWith("You are not authorized to perform the requested action: identity:create_project. (HTTP 403)", refused.StandardError, StringComparison.Ordinal);

        var token = (await member.RunAsync("token", "issue", "-f", "value", "-c", "id")).Trim();
        await member.RunAsync("token", "revoke", token);
        using var client = new ApiClient(shared.Server, token);
        Assert.Equal(401, (int)(await client.GetAsync("/identity/v3/auth/projects")).Status);
    }
}
