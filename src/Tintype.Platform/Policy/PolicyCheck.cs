namespace Tintype.Platform.Policy;

/// <summary>A rule, or a part of one, ready to be asked.</summary>
internal abstract class PolicyCheck
{
    public virtual IReadOnlyList<PolicyCheck> Parts => [];

    /// <summary>The attributes of the target that this part itself names.</summary>
    public virtual IEnumerable<string> Attributes => [];

    public abstract bool Allows(Caller caller, IPolicyTarget target);
}

/// <summary><c>@</c> all, <c>!</c> none.</summary>
internal sealed class ConstantCheck(bool allows) : PolicyCheck
{
    public override bool Allows(Caller caller, IPolicyTarget target) => allows;
}

/// <summary><c>role:member</c>, whatever the case.</summary>
internal sealed class RoleCheck(PolicyTemplate role) : PolicyCheck
{
    public override IEnumerable<string> Attributes => role.Attributes;

    public override bool Allows(Caller caller, IPolicyTarget target) => role.Fill(target) is { } name && caller.Has(name);
}

/// <summary><c>'public':%(visibility)s</c></summary>
internal sealed class LiteralCheck(string literal, PolicyTemplate value) : PolicyCheck
{
    public override IEnumerable<string> Attributes => value.Attributes;

    public override bool Allows(Caller caller, IPolicyTarget target) => value.Fill(target) == literal;
}

/// <summary><c>project_id:%(owner)s</c></summary>
internal sealed class CallerCheck(Func<Caller, string> attribute, PolicyTemplate value) : PolicyCheck
{
    public override IEnumerable<string> Attributes => value.Attributes;

    public override bool Allows(Caller caller, IPolicyTarget target) =>
        // Whoever has no project is not the owner of what nobody owns.
        attribute(caller) is { Length: > 0 } known && value.Fill(target) == known;
}

internal sealed class NotCheck(PolicyCheck part) : PolicyCheck
{
    public override IReadOnlyList<PolicyCheck> Parts { get; } = [part];

    public override bool Allows(Caller caller, IPolicyTarget target) => !part.Allows(caller, target);
}

internal sealed class AllCheck(PolicyCheck[] parts) : PolicyCheck
{
    public override IReadOnlyList<PolicyCheck> Parts => parts;

    public override bool Allows(Caller caller, IPolicyTarget target)
    {
        foreach (var part in parts)
        {
            if (!part.Allows(caller, target))
                return false;
        }

        return true;
    }
}

internal sealed class AnyCheck(PolicyCheck[] parts) : PolicyCheck
{
    public override IReadOnlyList<PolicyCheck> Parts => parts;

    public override bool Allows(Caller caller, IPolicyTarget target)
    {
        foreach (var part in parts)
        {
            if (part.Allows(caller, target))
                return true;
        }

        return false;
    }
}

/// <summary><c>rule:context_is_admin</c>. Knows the other rule once the set has been put together.</summary>
internal sealed class RuleCheck(string name) : PolicyCheck
{
    private PolicyCheck? _rule;

    public string Name => name;

    public override IReadOnlyList<PolicyCheck> Parts => _rule is null ? [] : [_rule];

    public void Refer(PolicyCheck rule) => _rule = rule;

    public override bool Allows(Caller caller, IPolicyTarget target) => _rule!.Allows(caller, target);
}
