using Microsoft.Extensions.Logging;
using Tintype.Qemu.Process;

namespace Tintype.Compute.Guests;

internal static partial class GuestLog
{
    [LoggerMessage(1, LogLevel.Information, "The guest of server {ServerId} has ended: {Kind} {Reason}")]
    public static partial void Ended(ILogger log, Guid serverId, GuestExitKind kind, string? reason);

    [LoggerMessage(2, LogLevel.Error, "The end of the guest of server {ServerId} could not be written down; the next start will")]
    public static partial void EndNotRecorded(ILogger log, Exception exception, Guid serverId);

    [LoggerMessage(3, LogLevel.Information, "Server {ServerId}: its agent did not take part ({Reason}); the power button is pressed instead")]
    public static partial void AgentSilent(ILogger log, Guid serverId, string reason);

    [LoggerMessage(4, LogLevel.Warning, "Server {ServerId} did not shut down within {Seconds} s and was forced off")]
    public static partial void Forced(ILogger log, Guid serverId, double seconds);

    [LoggerMessage(5, LogLevel.Information, "Server {ServerId} did not reboot by itself within {Seconds} s and was reset")]
    public static partial void Reset(ILogger log, Guid serverId, double seconds);

    [LoggerMessage(6, LogLevel.Information, "Server {ServerId} was found running again (pid {Pid})")]
    public static partial void Found(ILogger log, Guid serverId, int pid);

    [LoggerMessage(7, LogLevel.Warning, "Server {ServerId} ended while Tintype was not running")]
    public static partial void Lost(ILogger log, Guid serverId);

    [LoggerMessage(8, LogLevel.Information, "What a deleted server {ServerId} had left was removed")]
    public static partial void OrphanRemoved(ILogger log, Guid serverId);

    [LoggerMessage(10, LogLevel.Error, "What the disk of server {ServerId} lies on cannot be given to its guest, which stands still when it needs it")]
    public static partial void NotServed(ILogger log, Exception exception, Guid serverId);

    [LoggerMessage(11, LogLevel.Information, "Server {ServerId} has all of its image's data, and needs the store no more")]
    public static partial void Filled(ILogger log, Guid serverId);

    [LoggerMessage(12, LogLevel.Warning, "The image's data of server {ServerId} could not be fetched to the end; that is tried again")]
    public static partial void NotFilled(ILogger log, Exception exception, Guid serverId);

    [LoggerMessage(9, LogLevel.Warning, "Server {ServerId} was held by '{TaskState}', which nothing was going to end; it is free again")]
    public static partial void Freed(ILogger log, Guid serverId, string taskState);
}
