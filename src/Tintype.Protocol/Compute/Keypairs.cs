using System.Text.Json.Serialization;

namespace Tintype.Protocol.Compute;

/// <summary>A keypair; which members are there depends on the request.</summary>
public sealed record KeypairView
{
    public required string Name { get; init; }

    public required string PublicKey { get; init; }

    /// <summary>MD5 of the key, with colons.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Since 2.2: <c>ssh</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Type { get; init; }

    /// <summary>When created and when shown.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? UserId { get; init; }

    /// <summary>PEM; only in the answer to a creation without a public key.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PrivateKey { get; init; }

    /// <summary>When shown.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Id { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CreatedAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Deleted { get; init; }

    [JsonConverter(typeof(OptionalConverter<string>)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Optional<string> DeletedAt { get; init; }

    [JsonConverter(typeof(OptionalConverter<string>)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Optional<string> UpdatedAt { get; init; }
}

public sealed record KeypairEnvelope(KeypairView Keypair);

public sealed record KeypairList(
    IReadOnlyList<KeypairEnvelope> Keypairs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<Link>? KeypairsLinks);
