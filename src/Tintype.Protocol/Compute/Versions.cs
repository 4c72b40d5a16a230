using System.Text.Json.Serialization;

namespace Tintype.Protocol.Compute;

public sealed record VersionLink(
    string Rel, string Href, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Type = null);

public sealed record MediaType(string Base, string Type);

/// <summary>One version of the compute API, as discovery has it.</summary>
/// <param name="Version">The highest microversion.</param>
public sealed record ComputeVersion(
    string Id, string Status, string Version, string MinVersion, string Updated, IReadOnlyList<VersionLink> Links,
    [property: JsonPropertyName("media-types"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<MediaType>? MediaTypes = null);

public sealed record ComputeVersionEnvelope(ComputeVersion Version);

public sealed record ComputeVersions(IReadOnlyList<ComputeVersion> Versions);
