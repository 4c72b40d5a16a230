using Microsoft.Extensions.Logging;

namespace Tintype.Images.Chunks.Collection;

internal static partial class CollectionLog
{
    [LoggerMessage(122, LogLevel.Information, "Collected in the store '{Store}': {Removed} chunks of {RemovedBytes} bytes are removed, {Condemned} condemned, {Deleted} packs deleted, {Rewritten} rewritten, {Freed} bytes freed")]
    public static partial void Collected(ILogger log, string store, long removed, long removedBytes, long condemned, long deleted, long rewritten, long freed);

    [LoggerMessage(123, LogLevel.Warning, "The collection in the store '{Store}' could not do everything: {Problem}")]
    public static partial void Hindered(ILogger log, string store, string problem);

    [LoggerMessage(124, LogLevel.Error, "Collecting chunks failed; it is tried again in {Interval}")]
    public static partial void Failed(ILogger log, Exception exception, TimeSpan interval);
}
