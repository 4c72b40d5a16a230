using System.Text.Json.Serialization;

namespace Tintype.Protocol.Identity;

/// <summary>The answer to <c>GET /identity</c>, status 300.</summary>
public sealed record VersionList(VersionValues Versions);

public sealed record VersionValues(IReadOnlyList<VersionView> Values);

/// <summary>The answer to <c>GET /identity/v3</c>.</summary>
public sealed record VersionDocument(VersionView Version);

public sealed record VersionView(
    string Id, string Status, string Updated, IReadOnlyList<VersionLink> Links,
    [property: JsonPropertyName("media-types")] IReadOnlyList<VersionMediaType> MediaTypes);

public sealed record VersionLink(string Rel, string Href);

public sealed record VersionMediaType(string Base, string Type);
