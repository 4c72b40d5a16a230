using System.Text.Json.Serialization;

namespace Tintype.Protocol.Images;

/// <summary>A store as the discovery of the Images API shows it. What does not apply is left out.</summary>
/// <param name="Default">The word "true" for the default store.</param>
/// <param name="Type">The driver; to administrators only, as are the weight and the properties.</param>
public sealed record StoreView(
    string Id,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Description,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Default,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Weight,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string>? Properties)
{
    /// <summary>The word "true" for a store that others fill.</summary>
    [JsonPropertyName("read-only"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ReadOnly { get; init; }
}

public sealed record StoreListView(IReadOnlyList<StoreView> Stores);
