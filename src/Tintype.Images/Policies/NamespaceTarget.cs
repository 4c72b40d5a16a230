using Tintype.Platform.Policy;

namespace Tintype.Images.Policies;

/// <summary>A namespace of metadata definitions as the rules see it.</summary>
/// <param name="owner">The project that owns it; the caller's own where it is about none yet.</param>
/// <param name="visibility">public or private; null where it is about no single one.</param>
internal sealed class NamespaceTarget(string owner, string? visibility) : IPolicyTarget
{
    public static PolicyTargetKind Kind { get; } = PolicyTargetKind.Of("a namespace", "project_id", "visibility");

    public string? Attribute(string name) => name switch
    {
        "project_id" => owner,
        "visibility" => visibility,
        _ => null,
    };
}
