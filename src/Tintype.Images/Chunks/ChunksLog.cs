using Microsoft.Extensions.Logging;

namespace Tintype.Images.Chunks;

internal static partial class ChunksLog
{
    [LoggerMessage(120, LogLevel.Warning, "The end of a session in the store '{Store}' could not be written down; for {Patience} nothing that it wrote is collected")]
    public static partial void LeaseNotEnded(ILogger log, Exception exception, string store, TimeSpan patience);

    [LoggerMessage(121, LogLevel.Warning, "A session in the store '{Store}' could not be renewed; it is tried again in {Interval}")]
    public static partial void LeaseNotRenewed(ILogger log, Exception exception, string store, TimeSpan interval);
}
