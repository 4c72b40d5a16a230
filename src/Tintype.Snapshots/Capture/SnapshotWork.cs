using System.Text.Json;
using System.Text.Json.Serialization;
using Tintype.Platform.Tasks;

namespace Tintype.Snapshots.Capture;

/// <summary>What the task that takes a snapshot needs to know: its payload.</summary>
/// <param name="WasRunning">Whether the server had a running guest when the snapshot was asked for.</param>
/// <param name="QuiesceRequired"><c>os_require_quiesce</c> of the server's image.</param>
/// <param name="DiskFormat">raw or qcow2.</param>
internal sealed record SnapshotWork(
    Guid ImageId, Guid ServerId, bool WasRunning, bool QuiesceRequired, string DiskFormat, string UserId, string RequestId)
{
    public const string TaskKind = "snapshot";

    public string ToPayload() => JsonSerializer.Serialize(this, SnapshotWorkJson.Default.SnapshotWork);

    public static SnapshotWork Of(TaskRecord task) =>
        JsonSerializer.Deserialize(task.Payload, SnapshotWorkJson.Default.SnapshotWork) ?? throw new JsonException($"The payload of task {task.Id} is null.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SnapshotWork))]
internal sealed partial class SnapshotWorkJson : JsonSerializerContext;
