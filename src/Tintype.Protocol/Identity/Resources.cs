using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tintype.Protocol.Identity;

public sealed record ResourceLinks(string Self);

public sealed record DomainDocument(DomainView Domain);

public sealed record DomainList(IReadOnlyList<DomainView> Domains, Links Links);

public sealed record DomainView(
    string Id, string Name, string Description, bool Enabled, IReadOnlyList<string> Tags, IReadOnlyDictionary<string, bool> Options, ResourceLinks Links);

/// <summary>A request to create or change a project. Members are told apart from absent ones, hence no record of them.</summary>
public sealed record ProjectRequest(Dictionary<string, JsonElement>? Project);

public sealed record ProjectDocument(ProjectView Project);

public sealed record ProjectList(IReadOnlyList<ProjectView> Projects, Links Links);

/// <param name="ParentId">The domain's id: projects are not nested.</param>
public sealed record ProjectView(
    string Id, string Name, string DomainId, bool Enabled, string ParentId, bool IsDomain, IReadOnlyList<string> Tags,
    IReadOnlyDictionary<string, bool> Options, ResourceLinks Links)
{
    /// <summary>The description, and whatever else was given when the project was made or changed.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Extra { get; set; }
}

/// <summary>A request to create or change a user, or the user's password.</summary>
public sealed record UserRequest(Dictionary<string, JsonElement>? User);

public sealed record UserDocument(UserView User);

public sealed record UserList(IReadOnlyList<UserView> Users, Links Links);

public sealed record UserView(
    string Id, string Name, string DomainId, bool Enabled,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? DefaultProjectId,
    string? PasswordExpiresAt, IReadOnlyDictionary<string, bool> Options, ResourceLinks Links)
{
    /// <summary>The description, the e-mail address, and whatever else was given when the user was made or changed.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Extra { get; set; }
}

public sealed record RoleRequest(Dictionary<string, JsonElement>? Role);

public sealed record RoleDocument(RoleView Role);

public sealed record RoleList(IReadOnlyList<RoleView> Roles, Links Links);

public sealed record RoleView(
    string Id, string Name, string? DomainId, string? Description, IReadOnlyDictionary<string, bool> Options, ResourceLinks Links);

public sealed record RoleAssignmentList(IReadOnlyList<RoleAssignmentView> RoleAssignments, Links Links);

public sealed record RoleAssignmentView(AssignedRole Role, AssignedActor User, AssignmentScope Scope, AssignmentLinks Links);

/// <param name="Name">Only when names were asked for.</param>
public sealed record AssignedRole(string Id, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name);

/// <summary>A user or a project.</summary>
/// <param name="Name">Only when names were asked for; the domain likewise.</param>
public sealed record AssignedActor(
    string Id,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DomainReference? Domain);

public sealed record AssignmentScope(AssignedActor Project);

/// <param name="Assignment">Where the assignment itself is, even if this line only follows from it.</param>
public sealed record AssignmentLinks(string Assignment);
