namespace Tintype.Images.Policies;

/// <summary>
/// What several defaults have in common, in oslo.policy's language. Keystone's personas: an admin does all, a member changes what the
/// project owns, a reader reads; each includes the next.
/// </summary>
internal static class PolicyWords
{
    public const string Everybody = "";
    public const string Admin = "rule:context_is_admin";
    public const string Service = "rule:service_api";
    public const string AdminOrService = $"{Admin} or {Service}";

    private const string Member = "role:member and project_id:%(project_id)s";
    private const string Seen = "project_id:%(project_id)s or project_id:%(member_id)s or 'community':%(visibility)s or 'public':%(visibility)s or 'shared':%(visibility)s";

    public const string OwningMember = $"{Admin} or ({Member})";
    public const string OwningReader = $"{Admin} or (role:reader and project_id:%(project_id)s)";
    public const string MemberForItself = $"{Admin} or ({Member} and project_id:%(owner)s)";
    public const string ServiceOrMemberForItself = $"{Service} or ({Member} and project_id:%(owner)s)";

    // That whoever sees a shared image is its owner or was offered it, has been decided before a rule is asked.
    public const string SeeingReader = $"{Admin} or (role:reader and ({Seen}))";
    public const string SeeingMember = $"{Admin} or (role:member and ({Seen}))";
    public const string OwnerOrOffered = $"{Admin} or (role:reader and (project_id:%(project_id)s or project_id:%(member_id)s))";
    public const string Offered = $"{Admin} or (role:member and project_id:%(member_id)s)";

    public const string NamespaceReader = $"{Admin} or (role:reader and (project_id:%(project_id)s or 'public':%(visibility)s))";
}
