using System.Text.Json.Serialization;

namespace Tintype.Protocol.Extensions;

/// <summary>A task under <c>/tintype/v1/tasks</c>.</summary>
/// <param name="Status">pending, running, success or failure.</param>
/// <param name="SubjectId">The image or server that the task is about.</param>
/// <param name="Progress">Percent.</param>
/// <param name="Reason">Why it failed; null unless it did.</param>
public sealed record TaskView(
    Guid Id, string Kind, string Status, Guid SubjectId, int Progress, string? Reason, string CreatedAt, string? StartedAt, string? FinishedAt);

/// <summary>The answer to a request that goes on as a task.</summary>
public sealed record TaskAccepted(Guid TaskId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TaskView))]
[JsonSerializable(typeof(TaskAccepted))]
[JsonSerializable(typeof(VerificationView))]
[JsonSerializable(typeof(ImageSizesView))]
public sealed partial class ExtensionsJson : JsonSerializerContext;
