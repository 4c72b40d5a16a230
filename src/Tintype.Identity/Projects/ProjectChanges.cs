using System.Text.Json;
using Tintype.Identity.Domains;
using Tintype.Platform.Http;

namespace Tintype.Identity.Projects;

/// <summary>What a request makes of a project.</summary>
internal static class ProjectChanges
{
    private const int LongestName = 64;
    private static readonly Dictionary<string, JsonElement> _noDescription = new() { ["description"] = JsonSerializer.SerializeToElement("") };

    /// <summary>A new project, in the default domain unless the request names another.</summary>
    public static ProjectRecord Create(Attributes attributes)
    {
        var name = attributes.RequireName(LongestName);
        var domainId = attributes.TakeText("domain_id").Value ?? DomainRecord.DefaultId;
        attributes.Ignore("id");
        CheckCommon(attributes, domainId);
        return new ProjectRecord(Guid.NewGuid().ToString("N"), domainId, name,
            attributes.TakeFlag("enabled").Or(true), attributes.TakeTags().Or([]), attributes.Rest(_noDescription));
    }

    public static ProjectRecord Apply(ProjectRecord before, Attributes attributes)
    {
        attributes.RequireUnchanged("id", before.Id);
        attributes.RequireUnchanged("domain_id", before.DomainId);
        CheckCommon(attributes, before.DomainId);
        return before with
        {
            Name = attributes.TakeName(LongestName).Or(before.Name),
            Enabled = attributes.TakeFlag("enabled").Or(before.Enabled),
            Tags = attributes.TakeTags().Or(before.Tags),
            Extra = attributes.Rest(before.Extra),
        };
    }

    private static void CheckCommon(Attributes attributes, string domainId)
    {
        attributes.CheckText("description");
        attributes.TakeOptions(immutable: false);
        if (attributes.TakeFlag("is_domain").Value)
            throw Fault.BadRequest("is_domain true is not supported: the one domain is there already. Leave it out.");
        if (attributes.TakeText("parent_id").Value is { } parent && parent != domainId)
            throw Fault.BadRequest($"parent_id {parent} is not supported: projects are not nested here. Leave it out, or give the domain, {domainId}.");
    }
}
