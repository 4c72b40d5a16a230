using System.Text.Json;

namespace Tintype.Identity.Projects;

/// <param name="Extra">The description, and whatever else the client chose to keep with the project.</param>
internal sealed record ProjectRecord(
    string Id, string DomainId, string Name, bool Enabled, IReadOnlyList<string> Tags, IReadOnlyDictionary<string, JsonElement> Extra);
