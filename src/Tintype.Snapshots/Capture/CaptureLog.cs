using Microsoft.Extensions.Logging;

namespace Tintype.Snapshots.Capture;

internal static partial class CaptureLog
{
    [LoggerMessage(1, LogLevel.Information, "Image {ImageId} is being taken of server {ServerId}; it will be {Consistency}")]
    public static partial void Accepted(ILogger log, Guid imageId, Guid serverId, string consistency);

    [LoggerMessage(2, LogLevel.Warning, "Server {ServerId} did not freeze: {Reason}")]
    public static partial void NotFrozen(ILogger log, Guid serverId, string reason);

    [LoggerMessage(3, LogLevel.Warning, "Server {ServerId} was thawed by somebody else before its point in time was fixed ({Frozen} file systems frozen, {Thawed} thawed)")]
    public static partial void ThawedTooEarly(ILogger log, Guid serverId, int frozen, int thawed);

    [LoggerMessage(4, LogLevel.Information, "Server {ServerId} was frozen for {Milliseconds} ms")]
    public static partial void Frozen(ILogger log, Guid serverId, long milliseconds);

    [LoggerMessage(5, LogLevel.Information, "Image {ImageId} of server {ServerId} is active: {Consistency}, {Size} bytes, captured in {CaptureMs} ms, sealed in {SealMs} ms")]
    public static partial void Done(ILogger log, Guid imageId, Guid serverId, string consistency, long? size, long captureMs, long sealMs);

    [LoggerMessage(6, LogLevel.Error, "Image {ImageId} of server {ServerId} could not be taken")]
    public static partial void Failed(ILogger log, Exception exception, Guid imageId, Guid serverId);

    [LoggerMessage(7, LogLevel.Warning, "Image {ImageId} of server {ServerId} was interrupted by the last stop and is given up")]
    public static partial void GivenUp(ILogger log, Guid imageId, Guid serverId);

    [LoggerMessage(9, LogLevel.Warning, "The guest of server {ServerId} could not be freed of the snapshot {ImageId}; what is left in it goes with its QEMU")]
    public static partial void NotLetGo(ILogger log, Exception exception, Guid serverId, Guid imageId);

    [LoggerMessage(8, LogLevel.Warning, "The guest of server {ServerId} could not be asked to thaw: {Reason}")]
    public static partial void ThawUnanswered(ILogger log, Guid serverId, string reason);
}
