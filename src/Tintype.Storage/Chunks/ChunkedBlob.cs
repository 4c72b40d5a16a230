using System.Text.Json;
using System.Text.Json.Serialization;
using Tintype.DiskFormats.Qcow2;
using Tintype.Storage.Chunks.Manifests;

namespace Tintype.Storage.Chunks;

/// <summary>
/// What the store keeps of a blob under its id, as one line of JSON (docs/chunk-store-format.md):
/// <code>{"format":"tintype-chunks","version":1,"length":131072,"chunk_size":65536,"chunks":1,"root":"9f86d0…","file":"qcow2","layout":1,"file_length":393216}</code>
/// </summary>
/// <param name="Length">Bytes of the content.</param>
/// <param name="Chunks">Chunks of the content that are not zeros.</param>
/// <param name="Root">The name of the manifest's root; null if the content is empty or all zeros.</param>
/// <param name="File">What the blob is read as: <c>raw</c>, which is the content itself, or <c>qcow2</c>, made from it.</param>
/// <param name="Layout">The version of that file's layout; null for raw.</param>
/// <param name="FileLength">Bytes of that file.</param>
internal sealed record ChunkedBlob(
    string Format, int Version, long Length, int ChunkSize, long Chunks, string? Root, string File, int? Layout, long FileLength)
{
    /// <summary>Bytes that a record takes at the most.</summary>
    public const int MaximumSize = 512;

    private const string KnownFormat = "tintype-chunks";
    private const int KnownVersion = 1;

    private const string RawFile = "raw";
    private const string Qcow2File = "qcow2";

    // Chunks are read into memory whole.
    private const int LargestChunk = 16 << 20;
    private const int SmallestChunk = 512;

    /// <param name="layout">Of the qcow2 that the content is served as; null if it is served as it is.</param>
    public static ChunkedBlob Of(ManifestShape shape, ManifestName? root, Qcow2Layout? layout) => new(
        KnownFormat, KnownVersion, shape.Length, shape.ChunkSize, root?.Chunks ?? 0, root?.Hash.ToString(),
        layout is null ? RawFile : Qcow2File, layout is null ? null : Qcow2Layout.Version, layout?.FileLength ?? shape.Length);

    [JsonIgnore]
    public ManifestShape Shape => new(Length, ChunkSize);

    [JsonIgnore]
    public ManifestName? RootName => Root is null ? null : new ManifestName(new ChunkHash(Convert.FromHexString(Root)), Chunks);

    [JsonIgnore]
    public bool IsQcow2 => File == Qcow2File;

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
            if (!blob.IsPossible())
                throw new InvalidDataException("It says of its blob what cannot be.");
            if (blob.IsQcow2 && blob.Layout != Qcow2Layout.Version)
                throw new InvalidDataException($"It is served in the layout {blob.Layout} of qcow2; this program makes layout {Qcow2Layout.Version}.");
            return blob;
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException("It is no blob of a chunk store.", broken);
        }
    }

    private bool IsPossible() =>
        Length is >= 0 and < long.MaxValue - LargestChunk
        && ChunkSize is >= SmallestChunk and <= LargestChunk
        && (Root is null ? Chunks == 0 : Chunks > 0 && Chunks <= Shape.Chunks && Root.Length == ChunkHash.Size * 2 && Root.All(char.IsAsciiHexDigitLower))
        && File switch
        {
            RawFile => Layout is null && FileLength == Length,
            Qcow2File => Layout is not null && ChunkSize == Qcow2Layout.ClusterSize && Length % 512 == 0 && Length <= Qcow2Layout.MaximumVirtualSize,
            _ => false,
        };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ChunkedBlob))]
internal sealed partial class ChunkedBlobJson : JsonSerializerContext;
