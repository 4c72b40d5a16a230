namespace Tintype.Identity.Tokens;

/// <summary>A valid token: its holder, and what they may do by it at this moment.</summary>
/// <param name="Hash">Of the token's text.</param>
/// <param name="AuditIds">Its own, and that of the first token it came from, if it came from one.</param>
/// <param name="Project">What it is scoped to; null when unscoped, and then there are no roles.</param>
/// <param name="Roles">On the project, implied ones included, by name.</param>
internal sealed record TokenRecord(
    string Hash, IReadOnlyList<string> Methods, IReadOnlyList<string> AuditIds, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt,
    Named User, Named UserDomain, ScopedProject? Project, IReadOnlyList<Named> Roles)
{
    public bool IsAdmin => Roles.Any(r => r.Name == "admin");
}

internal sealed record Named(string Id, string Name);

internal sealed record ScopedProject(string Id, string Name, Named Domain);

/// <summary>A token to be. It comes into being only while what proved its holder still holds.</summary>
/// <param name="PasswordHash">The stored hash that the password was checked against; null if none was.</param>
/// <param name="ParentHash">The hash of the token it was got by; null if it was not.</param>
internal sealed record NewToken(
    string Hash, string UserId, string? ProjectId, IReadOnlyList<string> Methods, IReadOnlyList<string> AuditIds,
    DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt, string? PasswordHash, string? ParentHash);
