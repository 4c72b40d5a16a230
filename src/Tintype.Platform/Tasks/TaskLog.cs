using Microsoft.Extensions.Logging;

namespace Tintype.Platform.Tasks;

internal static partial class TaskLog
{
    [LoggerMessage(1, LogLevel.Information, "Task {Kind} {TaskId} was interrupted by the shutdown; the next start recovers it")]
    public static partial void Interrupted(ILogger log, string kind, Guid taskId);

    [LoggerMessage(2, LogLevel.Warning, "Task {Kind} {TaskId} about {SubjectId} failed: {Reason}")]
    public static partial void Refused(ILogger log, string kind, Guid taskId, Guid subjectId, string reason);

    [LoggerMessage(3, LogLevel.Error, "Task {Kind} {TaskId} about {SubjectId} failed ({RequestId})")]
    public static partial void Failed(ILogger log, Exception exception, string kind, Guid taskId, Guid subjectId, string requestId);

    [LoggerMessage(4, LogLevel.Information, "Task {Kind} {TaskId} about {SubjectId} was left running by the last stop and has been recovered")]
    public static partial void Recovered(ILogger log, string kind, Guid taskId, Guid subjectId);
}
