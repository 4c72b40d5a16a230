using System.Text.Json;
using System.Text.Json.Serialization;
using Tintype.Storage.Chunks.Manifests;

namespace Tintype.Storage.Chunks;

/// <summary>
/// What the store keeps of a blob under its id, as one line of JSON (docs/chunk-store-format.md):
/// <code>{"format":"tintype-chunks","version":1,"length":131072,"chunk_size":65536,"root":"9f86d0…"}</code>
/// </summary>
/// <param name="Length">Bytes of the blob.</param>
/// <param name="Root">The name of the manifest's root; null if the blob is empty or all zeros.</param>
internal sealed record ChunkedBlob(string Format, int Version, long Length, int ChunkSize, string? Root)
{
    /// <summary>Bytes that a record takes at the most.</summary>
    public const int MaximumSize = 512;

    private const string KnownFormat = "tintype-chunks";
    private const int KnownVersion = 1;

    // Chunks are read into memory whole.
    private const int LargestChunk = 16 << 20;

    public static ChunkedBlob Of(ManifestShape shape, ChunkHash? root) => new(KnownFormat, KnownVersion, shape.Length, shape.ChunkSize, root?.ToString());

    [JsonIgnore]
    public ManifestShape Shape => new(Length, ChunkSize);

    [JsonIgnore]
    public ChunkHash? RootHash => Root is null ? null : new ChunkHash(Convert.FromHexString(Root));

    public byte[] Encode() => [.. JsonSerializer.SerializeToUtf8Bytes(this, ChunkedBlobJson.Default.ChunkedBlob), (byte)'\n'];

    /// <exception cref="InvalidDataException">It is no record of a blob, or one of another version.</exception>
    public static ChunkedBlob Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var blob = JsonSerializer.Deserialize(bytes, ChunkedBlobJson.Default.ChunkedBlob);
            if (blob is not { Format: KnownFormat })
                throw new InvalidDataException("It is no blob of a chunk store.");
            if (blob.Version != KnownVersion)
                throw new InvalidDataException($"It is of version {blob.Version}; this program reads version {KnownVersion}.");
            if (blob.Length < 0 || blob.ChunkSize is <= 0 or > LargestChunk || (blob.Root is { } root && (root.Length != ChunkHash.Size * 2 || !root.All(char.IsAsciiHexDigitLower))))
                throw new InvalidDataException("It says of its blob what cannot be.");
            return blob;
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException("It is no blob of a chunk store.", broken);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ChunkedBlob))]
internal sealed partial class ChunkedBlobJson : JsonSerializerContext;
