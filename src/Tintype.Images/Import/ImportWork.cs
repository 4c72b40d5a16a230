using System.Text.Json;
using System.Text.Json.Serialization;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Import;

/// <summary>What a task of an import has to do.</summary>
/// <param name="Uri">Only of web-download.</param>
/// <param name="Stores">Names, in the order in which they are filled.</param>
internal sealed record ImportWork(ImportMethod Method, string? Uri, IReadOnlyList<string> Stores, bool MustAllSucceed)
{
    public const string Kind = "image-import";

    /// <summary>Only of glance-download.</summary>
    public RemoteImage? Remote { get; init; }

    /// <summary>What the data is promised to be; null if nobody has promised anything.</summary>
    public DataPromise? Promise { get; init; }

    /// <summary>Whether the image gets the operator's properties.</summary>
    public bool Inject { get; init; }

    /// <summary>Begun by the tasks of the Images API, which came before its imports.</summary>
    public bool IsLegacy { get; init; }

    /// <summary>What the client has sent, which the task tells again. Null in tasks of before this was kept.</summary>
    public JsonElement? Said { get; init; }

    /// <summary>What the Images API calls a task of this work.</summary>
    [JsonIgnore]
    public string ApiType => IsLegacy ? "import" : "api_image_import";

    public string ToJson() => JsonSerializer.Serialize(this, ImportJson.Default.ImportWork);

    public static ImportWork Of(TaskRecord task) => JsonSerializer.Deserialize(task.Payload, ImportJson.Default.ImportWork)!;
}

/// <summary>An image of another image service, or another of this one.</summary>
/// <param name="MayRead">Of an image of this service: whether whoever asked may download it.</param>
internal sealed record RemoteImage(string Region, Guid Id, bool MayRead);

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(ImportWork))]
internal sealed partial class ImportJson : JsonSerializerContext;
