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

    [LoggerMessage(5, LogLevel.Information, "Task {Kind} {TaskId} about {SubjectId} has been cancelled: {Reason}")]
    public static partial void Cancelled(ILogger log, string kind, Guid taskId, Guid subjectId, string reason);

    [LoggerMessage(6, LogLevel.Warning, "Task {Kind} {TaskId} failed while it was being cancelled")]
    public static partial void FailedWhileCancelled(ILogger log, Exception exception, string kind, Guid taskId);

    [LoggerMessage(7, LogLevel.Error, "The end of task {TaskId} could not be written down; it is recovered once its lease has expired")]
    public static partial void EndLost(ILogger log, Exception exception, Guid taskId);

    [LoggerMessage(8, LogLevel.Warning, "Task {TaskId} is stopped here: another server holds its lease now")]
    public static partial void LeaseLost(ILogger log, Guid taskId);

    [LoggerMessage(9, LogLevel.Warning, "The lease of task {TaskId} has expired: whoever ran it does so no more")]
    public static partial void LeaseExpired(ILogger log, Guid taskId);

    [LoggerMessage(10, LogLevel.Error, "Task {TaskId}, whose lease has expired, could not be recovered; it is tried again")]
    public static partial void RecoveryFailed(ILogger log, Exception exception, Guid taskId);

    [LoggerMessage(11, LogLevel.Error, "The leases of tasks could not be looked after; it is tried again")]
    public static partial void RoundFailed(ILogger log, Exception exception);
}
