using System.Text.Json;

namespace Tintype.Identity.Users;

/// <param name="Extra">The description, the e-mail address, and whatever else the client chose to keep with the user.</param>
internal sealed record UserRecord(
    string Id, string DomainId, string Name, bool Enabled, string? DefaultProjectId, IReadOnlyDictionary<string, JsonElement> Extra);

/// <summary>What is needed to check a sign-in.</summary>
/// <param name="PasswordHash">PHC string; null: no sign-in by password.</param>
internal sealed record Account(string Id, bool Enabled, string? PasswordHash, string? DefaultProjectId);
