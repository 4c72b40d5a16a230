namespace Tintype.Platform.Policy;

/// <summary>A rule that this service asks, by OpenStack's name for it.</summary>
/// <param name="Name">As it stands in an operator's policy file, and in the refusals.</param>
/// <param name="Check">The default, in oslo.policy's language.</param>
/// <param name="Target">What the rule is asked about.</param>
public sealed record PolicyRule(string Name, string Check, PolicyTargetKind Target);

/// <summary>What an operator says instead of a default, and where.</summary>
/// <param name="Line">In the file, from 1.</param>
public sealed record PolicyOverride(string Name, string Check, int Line);
