namespace Tintype.Platform.Policy;

/// <summary>A policy that cannot be used. The message says what is wrong with which rule, and what would be right.</summary>
public sealed class PolicyException(string message) : InvalidOperationException(message);
