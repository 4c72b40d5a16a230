namespace Tintype.Server.Demo;

/// <summary>One of the demo cloud's users, and the name of the entry in clouds.yaml by which the client signs in as them.</summary>
internal sealed record DemoUser(string Cloud, string User, string Project, string Role, string ProjectDescription)
{
    public static DemoUser Administrator { get; } =
        new("tintype-admin", "admin", "admin", "admin", "The administrator's project; it owns the public images");

    public static IReadOnlyList<DemoUser> All { get; } =
    [
        new("tintype", "member-one", "one", "member", "The demo cloud's first project"),
        new("tintype-two", "member-two", "two", "member", "The demo cloud's second project, to share images with"),
        Administrator,
    ];
}
