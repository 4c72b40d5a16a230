using System.Text.Json.Serialization;

namespace Tintype.Protocol.Extensions;

/// <summary>A task under <c>/tintype/v1/tasks</c>, and in the events of <c>/tintype/v1/events</c>.</summary>
/// <param name="Status">pending, running, success, failure or cancelled.</param>
/// <param name="SubjectId">The image or server that the task is about.</param>
/// <param name="Progress">Percent.</param>
/// <param name="Step">What it is doing, or was doing last, a word; null if it does not say.</param>
/// <param name="BytesDone">Of the step; null if it does not count bytes.</param>
/// <param name="BytesTotal">Of the step; null if nobody knows.</param>
/// <param name="BytesPerSecond">Over the last ten seconds; null unless it runs and counts bytes.</param>
/// <param name="SecondsLeft">Until the step's end, if it goes on as it does; null if that cannot be said.</param>
/// <param name="Cancellable">Whether <c>POST …/cancel</c> would be accepted of a member of its project.</param>
/// <param name="Cancelling">Whether that was asked for, and what the task did is being undone.</param>
/// <param name="Reason">Why it failed or was cancelled; null otherwise.</param>
public sealed record TaskView(
    Guid Id, string Kind, string Status, Guid SubjectId, string ProjectId, string UserId, string RequestId,
    int Progress, string? Step, long? BytesDone, long? BytesTotal, long? BytesPerSecond, long? SecondsLeft, bool Cancellable, bool Cancelling,
    string? Reason, string CreatedAt, string? StartedAt, string? FinishedAt);

/// <summary>A page of tasks, newest first.</summary>
/// <param name="Next">Where the next page is, a path on this server; null after the last.</param>
public sealed record TaskListView(IReadOnlyList<TaskView> Tasks, string? Next);

/// <summary>The answer to a request that goes on as a task.</summary>
public sealed record TaskAccepted(Guid TaskId);

/// <summary>The last event of a stream that the server ends.</summary>
public sealed record EventsEnd(string Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TaskView))]
[JsonSerializable(typeof(TaskListView))]
[JsonSerializable(typeof(TaskAccepted))]
[JsonSerializable(typeof(EventsEnd))]
[JsonSerializable(typeof(VerificationView))]
[JsonSerializable(typeof(ImageSizesView))]
[JsonSerializable(typeof(ChunkCollectionRequest))]
[JsonSerializable(typeof(ChunkCollectionsView))]
[JsonSerializable(typeof(ChunkScrubsView))]
public sealed partial class ExtensionsJson : JsonSerializerContext;
