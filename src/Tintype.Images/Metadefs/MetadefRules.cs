using Tintype.Images.Metadefs.Namespaces;
using Tintype.Images.Policies;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Metadefs;

/// <summary>Who may do what with metadata definitions: the rules of the policy, together with the visibility of namespaces.</summary>
internal sealed class MetadefRules(ImagePolicies policies)
{
    /// <summary>Names and prefixes, in characters.</summary>
    public const int MaximumNameLength = 80;

    /// <summary>The form by which names are told apart: Glance's usual database does not look at their case.</summary>
    public static string Key(string name) => name.ToLowerInvariant();

    /// <summary>Whether private namespaces of whatever project are there for the caller.</summary>
    public bool SeesAll(Caller caller) => policies.IsAdmin(caller);

    /// <summary>Whether the namespace is there for the caller.</summary>
    public bool Sees(MetadefNamespace ns, Caller caller) =>
        (SeesAll(caller) || ns.IsPublic || (ns.Owner.Length > 0 && ns.Owner == caller.ProjectId)) && Allows(MetadefPolicy.GetNamespace, caller, ns);

    public bool Allows(PolicyRule rule, Caller caller, MetadefNamespace ns) => policies.Allows(rule, caller, ns.Owner, ns.IsPublic ? "public" : "private");

    /// <summary>Of a namespace that the caller sees.</summary>
    /// <exception cref="Fault">403.</exception>
    public void Require(PolicyRule rule, Caller caller, MetadefNamespace ns)
    {
        if (!Allows(rule, caller, ns))
            throw Fault.NotAuthorized(rule.Name);
    }

    /// <summary>Of no namespace in particular.</summary>
    /// <exception cref="Fault">403.</exception>
    public void Require(PolicyRule rule, Caller caller)
    {
        if (!policies.Allows(rule, caller, caller.ProjectId, null))
            throw Fault.NotAuthorized(rule.Name);
    }
}
