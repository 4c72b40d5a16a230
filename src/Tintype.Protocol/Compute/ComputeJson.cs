using System.Text.Json.Serialization;

namespace Tintype.Protocol.Compute;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ComputeVersions))]
[JsonSerializable(typeof(ComputeVersionEnvelope))]
[JsonSerializable(typeof(FlavorEnvelope))]
[JsonSerializable(typeof(FlavorSummaries))]
[JsonSerializable(typeof(FlavorDetails))]
[JsonSerializable(typeof(ExtraSpecs))]
[JsonSerializable(typeof(FlavorAccessList))]
public sealed partial class ComputeJson : JsonSerializerContext;
