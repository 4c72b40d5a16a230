using Tintype.Identity.Domains;

namespace Tintype.Identity.Users;

/// <summary>What a request makes of a user; the password is apart, since it is kept only as a hash.</summary>
internal static class UserChanges
{
    private const int LongestName = 255;

    /// <summary>A new user, in the default domain unless the request names another.</summary>
    public static UserRecord Create(Attributes attributes)
    {
        var name = attributes.RequireName(LongestName);
        var domainId = attributes.TakeText("domain_id").Value ?? DomainRecord.DefaultId;
        attributes.Ignore("id");
        CheckCommon(attributes);
        return new UserRecord(Guid.NewGuid().ToString("N"), domainId, name,
            attributes.TakeFlag("enabled").Or(true), attributes.TakeText("default_project_id").Value, attributes.Rest());
    }

    public static UserRecord Apply(UserRecord before, Attributes attributes)
    {
        attributes.RequireUnchanged("id", before.Id);
        attributes.RequireUnchanged("domain_id", before.DomainId);
        CheckCommon(attributes);
        return before with
        {
            Name = attributes.TakeName(LongestName).Or(before.Name),
            Enabled = attributes.TakeFlag("enabled").Or(before.Enabled),
            DefaultProjectId = attributes.TakeText("default_project_id").Or(before.DefaultProjectId),
            Extra = attributes.Rest(before.Extra),
        };
    }

    private static void CheckCommon(Attributes attributes)
    {
        attributes.CheckText("description");
        attributes.CheckText("email");
        attributes.TakeOptions(immutable: false);
        // Never among what is kept and shown, should a client send it with something else than its own change of password.
        attributes.Ignore("original_password");
    }
}
