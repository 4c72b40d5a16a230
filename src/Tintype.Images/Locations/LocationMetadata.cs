using System.Text.Json;
using System.Text.Json.Nodes;
using Tintype.Platform.Http;

namespace Tintype.Images.Locations;

/// <summary>What users have noted to a location: a JSON object of texts, lists and objects. The store's name stands in it only on the wire.</summary>
internal sealed class LocationMetadata : IEquatable<LocationMetadata>
{
    private const string Store = "store";

    private readonly JsonObject _members;

    private LocationMetadata(JsonObject members) => _members = members;

    public static LocationMetadata Empty { get; } = new([]);

    /// <exception cref="Fault">400: a value is of another kind.</exception>
    public static LocationMetadata Of(JsonElement value)
    {
        foreach (var member in value.EnumerateObject())
            Check(member.Name, member.Value);
        var members = JsonObject.Create(value.Clone())!;
        members.Remove(Store);
        return new LocationMetadata(members);
    }

    /// <summary>As <see cref="ToString"/> wrote it.</summary>
    public static LocationMetadata Parse(string json) => new(JsonNode.Parse(json)!.AsObject());

    /// <summary>With the store's name, as users see it.</summary>
    public JsonElement In(string store)
    {
        var shown = _members.DeepClone().AsObject();
        shown[Store] = store;
        using var document = JsonDocument.Parse(shown.ToJsonString());
        return document.RootElement.Clone();
    }

    public override string ToString() => _members.ToJsonString();

    public bool Equals(LocationMetadata? other) => other is not null && JsonNode.DeepEquals(_members, other._members);

    public override bool Equals(object? obj) => Equals(obj as LocationMetadata);

    public override int GetHashCode() => _members.Count;

    private static void Check(string name, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                    Check(name, item);
                break;
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                    Check(member.Name, member.Value);
                break;
            default:
                throw Fault.BadRequest($"The location metadata key {name} has the value {value.GetRawText()}. Only dict, list, and unicode are supported.");
        }
    }
}
