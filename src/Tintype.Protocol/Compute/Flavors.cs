using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Tintype.Protocol.Compute;

public sealed record Link(string Rel, string Href);

/// <summary>A flavor as <c>GET /flavors</c> has it.</summary>
public sealed record FlavorSummary
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required IReadOnlyList<Link> Links { get; init; }

    /// <summary>Since 2.55.</summary>
    [JsonConverter(typeof(OptionalConverter<string>)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Optional<string> Description { get; init; }
}

/// <summary>A flavor in full. Sizes: ram and swap in MiB, disk and ephemeral in GiB.</summary>
public sealed record FlavorDetail
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required int Ram { get; init; }

    public required int Disk { get; init; }

    /// <summary>The empty string for none before 2.75, 0 since.</summary>
    public required JsonValue Swap { get; init; }

    [JsonPropertyName("OS-FLV-EXT-DATA:ephemeral")]
    public required int Ephemeral { get; init; }

    [JsonPropertyName("OS-FLV-DISABLED:disabled")]
    public bool Disabled { get; init; }

    public required int Vcpus { get; init; }

    [JsonPropertyName("os-flavor-access:is_public")]
    public required bool IsPublic { get; init; }

    /// <summary>Of no meaning any more; a decimal, so that it is written as 1.0.</summary>
    public decimal RxtxFactor { get; init; } = 1.0m;

    public required IReadOnlyList<Link> Links { get; init; }

    /// <summary>Since 2.55.</summary>
    [JsonConverter(typeof(OptionalConverter<string>)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Optional<string> Description { get; init; }

    /// <summary>Since 2.61.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? ExtraSpecs { get; init; }
}

public sealed record FlavorEnvelope(FlavorDetail Flavor);

public sealed record FlavorSummaries(
    IReadOnlyList<FlavorSummary> Flavors,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<Link>? FlavorsLinks);

public sealed record FlavorDetails(
    IReadOnlyList<FlavorDetail> Flavors,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<Link>? FlavorsLinks);

public sealed record ExtraSpecs([property: JsonPropertyName("extra_specs")] IReadOnlyDictionary<string, string> Specs);

public sealed record FlavorAccess(string FlavorId, string TenantId);

public sealed record FlavorAccessList([property: JsonPropertyName("flavor_access")] IReadOnlyList<FlavorAccess> Access);
