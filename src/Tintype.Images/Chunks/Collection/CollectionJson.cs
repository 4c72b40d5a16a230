using System.Text.Json.Serialization;
using Tintype.Storage.Chunks.Collection;

namespace Tintype.Images.Chunks.Collection;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CollectionTally))]
[JsonSerializable(typeof(CollectionWork))]
internal sealed partial class CollectionJson : JsonSerializerContext;
