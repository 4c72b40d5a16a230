using System.Text.Json;
using System.Text.Json.Serialization;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Locations;

/// <summary>What a task that adds a location has to do.</summary>
/// <param name="HashAlgorithm">In which <paramref name="HashValue"/> is; null, as it, if the sender has said nothing of the data.</param>
internal sealed record LocationWork(string Url, string? HashAlgorithm, string? HashValue)
{
    /// <summary>The Images API calls it so too.</summary>
    public const string Kind = "location_import";

    public string ToJson() => JsonSerializer.Serialize(this, LocationJson.Default.LocationWork);

    public static LocationWork Of(TaskRecord task) => JsonSerializer.Deserialize(task.Payload, LocationJson.Default.LocationWork)!;
}

[JsonSerializable(typeof(LocationWork))]
internal sealed partial class LocationJson : JsonSerializerContext;
