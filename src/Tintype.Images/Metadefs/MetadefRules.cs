using Tintype.Images.Metadefs.Namespaces;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Metadefs;

/// <summary>Who may do what with metadata definitions: Glance's default policies (its policies/metadef.py) with its rule of visibility.</summary>
internal static class MetadefRules
{
    /// <summary>Names and prefixes, in characters.</summary>
    public const int MaximumNameLength = 80;

    /// <summary>Whether the caller may read a namespace and all that is in it.</summary>
    public static bool Sees(MetadefNamespace ns, Caller caller) =>
        caller.IsAdmin || (IsReader(caller) && (ns.IsPublic || (ns.Owner.Length > 0 && ns.Owner == caller.ProjectId)));

    /// <summary>Lists are for readers, of whatever project.</summary>
    /// <param name="rule">The name of the rule in Glance's policy.</param>
    /// <exception cref="Fault">403.</exception>
    public static void PermitList(string rule, Caller caller)
    {
        if (!IsReader(caller))
            throw Fault.NotAuthorized(rule);
    }

    /// <summary>Definitions are changed by administrators alone, whosoever they are.</summary>
    /// <param name="rule">The name of the rule in Glance's policy.</param>
    /// <exception cref="Fault">403.</exception>
    public static void PermitWrite(string rule, Caller caller)
    {
        if (!caller.IsAdmin)
            throw Fault.NotAuthorized(rule);
    }

    /// <summary>The form by which names are told apart: Glance's usual database does not look at their case.</summary>
    public static string Key(string name) => name.ToLowerInvariant();

    private static bool IsReader(Caller caller) => caller.IsAdmin || caller.Has("reader");
}
