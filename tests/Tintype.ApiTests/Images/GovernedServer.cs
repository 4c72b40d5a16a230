using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Images;

/// <summary>The tests that share the governed server.</summary>
[CollectionDefinition(Name)]
public sealed class Governed : ICollectionFixture<GovernedServer>
{
    public const string Name = "governed";
}

/// <summary>A server whose operator has a policy file and protects properties.</summary>
public sealed class GovernedServer : IAsyncLifetime
{
    private readonly TemporaryDirectory _folder = new();

    public TintypeServer Server { get; private set; } = null!;

    /// <summary>A member of a project, who is a publisher there besides.</summary>
    public ApiClient Publisher { get; private set; } = null!;

    /// <summary>A member of another project.</summary>
    public ApiClient Member { get; private set; } = null!;

    public ApiClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var policy = _folder.Combine("policy.yaml");
        await File.WriteAllTextAsync(policy, """
            # Publishers make images public, in their own project.
            "publicize_image": "rule:context_is_admin or rule:publishing"
            "publishing": "role:publisher and project_id:%(project_id)s"
            # What is published stays.
            "delete_image": "rule:context_is_admin or (role:member and project_id:%(project_id)s and not 'public':%(visibility)s)"
            # Whoever was offered an image may offer it to others.
            "add_member": "rule:context_is_admin or (role:member and (project_id:%(project_id)s or project_id:%(member_id)s))"
            "get_image": "rule:context_is_admin or not 'secret':%(name)s"
            "reactivate": "!"
            "download_from_store": "role:publisher"
            """);
        var protections = _folder.Combine("protections.conf");
        await File.WriteAllTextAsync(protections, """
            # The licence is the publisher's affair, and everybody may know it.
            [^license]
            create = publisher
            read = @
            update = publisher
            delete = !
            # What only admins read, but all may say once.
            [^audit_]
            create = @
            read = admin
            update = admin
            delete = admin
            [^(hw|os|img|image|instance)_|^base_|^plain]
            create = @
            read = @
            update = @
            delete = @
            """);
        Server = await TintypeServer.StartAsync(_folder.Combine("data"), $"--Images:PolicyFile={policy}", $"--Images:PropertyProtectionFile={protections}");
        Admin = await ApiClient.SignInAsync(Server, "tintype-admin");
        await GiveRoleAsync("publisher", "tintype");
        Publisher = await ApiClient.SignInAsync(Server, "tintype");
        Member = await ApiClient.SignInAsync(Server, "tintype-two");
    }

    public async ValueTask DisposeAsync()
    {
        Publisher.Dispose();
        Member.Dispose();
        Admin.Dispose();
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    public async Task<string> ProjectAsync(string cloud) =>
        Id(await Admin.GetAsync($"/identity/v3/projects?name={ApiClient.Credentials(Server, cloud).Project}"), "projects");

    private async Task GiveRoleAsync(string role, string cloud)
    {
        var made = await Admin.SendAsync(HttpMethod.Post, "/identity/v3/roles", JsonSerializer.Serialize(new { role = new { name = role } }));
        Assert.True((int)made.Status == 201, made.Text);
        var user = Id(await Admin.GetAsync($"/identity/v3/users?name={ApiClient.Credentials(Server, cloud).User}"), "users");
        var roleId = made.Json.GetProperty("role").GetProperty("id").GetString();
        var given = await Admin.SendAsync(HttpMethod.Put, $"/identity/v3/projects/{await ProjectAsync(cloud)}/users/{user}/roles/{roleId}");
        Assert.True((int)given.Status == 204, given.Text);
    }

    private static string Id(ApiAnswer answer, string list) => answer.Json.GetProperty(list)[0].GetProperty("id").GetString()!;
}
