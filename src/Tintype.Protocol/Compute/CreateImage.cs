using System.Text.Json.Serialization;

namespace Tintype.Protocol.Compute;

/// <summary>The answer to <c>createImage</c> from microversion 2.45 on.</summary>
public sealed record CreatedImage(Guid ImageId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CreatedImage))]
public sealed partial class CreateImageJson : JsonSerializerContext;
