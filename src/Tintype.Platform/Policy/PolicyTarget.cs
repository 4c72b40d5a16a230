using System.Collections.Frozen;

namespace Tintype.Platform.Policy;

/// <summary>What a request is about, as rules see it: <c>%(owner)s</c> is its attribute <c>owner</c>.</summary>
public interface IPolicyTarget
{
    /// <summary>
    /// The attribute as Python writes it (<c>None</c>, <c>True</c>), since rules compare with that; null where this target has no such
    /// attribute, and a check that names it fails.
    /// </summary>
    string? Attribute(string name);
}

/// <summary>A sort of target, and what the rules that are asked about it may name.</summary>
/// <param name="Noun">For messages: "an image".</param>
public sealed record PolicyTargetKind(string Noun, FrozenSet<string> Attributes)
{
    public static PolicyTargetKind Of(string noun, params string[] attributes) => new(noun, attributes.ToFrozenSet(StringComparer.Ordinal));

    /// <summary>Of rules that judge the caller alone.</summary>
    public static PolicyTargetKind Nothing { get; } = Of("nothing but the caller");

    /// <summary>Of rules that judge what somebody does within a project.</summary>
    public static PolicyTargetKind Project { get; } = Of("a project", "project_id");
}

/// <summary>Nothing as the target: of rules that judge the caller alone.</summary>
public sealed class NoTarget : IPolicyTarget
{
    public static NoTarget Instance { get; } = new();

    public string? Attribute(string name) => null;
}

/// <summary>A project as the target.</summary>
public sealed class ProjectTarget(string projectId) : IPolicyTarget
{
    public string? Attribute(string name) => name == "project_id" ? projectId : null;
}
