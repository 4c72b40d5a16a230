using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tintype.Protocol.Images;

/// <summary>A task of the Images API, as its own page shows it.</summary>
/// <param name="Status">pending, processing, success or failure.</param>
/// <param name="ExpiresAt">When it is forgotten; left out before it has ended.</param>
public sealed record ImageTaskView(
    Guid Id, string Type, string Status, string Owner, JsonElement Input, JsonElement? Result, string Message, Guid? ImageId, string RequestId, string UserId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ExpiresAt,
    string CreatedAt, string UpdatedAt, string Self, string Schema);

/// <summary>A task as lists show it.</summary>
public sealed record ImageTaskStubView(
    Guid Id, string Type, string Status, string Owner,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ExpiresAt,
    string CreatedAt, string UpdatedAt, string Self, string Schema);

public sealed record ImageTaskListView(
    IReadOnlyList<ImageTaskStubView> Tasks, string First, string Schema,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);

/// <summary>The tasks about one image.</summary>
public sealed record TasksOfImageView(IReadOnlyList<ImageTaskView> Tasks);
