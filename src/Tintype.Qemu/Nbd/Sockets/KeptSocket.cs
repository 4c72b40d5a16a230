using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tintype.Qemu.Nbd.Sockets;

/// <summary>A listening socket in a confined program's directory, and what is given on it.</summary>
/// <param name="Directory">The program's own; nobody else reaches the socket.</param>
/// <param name="Exports">The only ones that it may ask for.</param>
internal sealed record KeptSocket(string Directory, IReadOnlyList<string> Exports)
{
    public string ToText() => JsonSerializer.Serialize(this, KeptSocketJson.Default.KeptSocket);

    /// <exception cref="JsonException">It is none.</exception>
    public static KeptSocket Parse(string text) =>
        JsonSerializer.Deserialize(text, KeptSocketJson.Default.KeptSocket) ?? throw new JsonException("The description of a socket is null.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(KeptSocket))]
internal sealed partial class KeptSocketJson : JsonSerializerContext;
