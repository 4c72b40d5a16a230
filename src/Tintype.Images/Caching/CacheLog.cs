using Microsoft.Extensions.Logging;

namespace Tintype.Images.Caching;

internal static partial class CacheLog
{
    [LoggerMessage(90, LogLevel.Warning, "Image {ImageId} could not be written into the cache; it is served all the same")]
    public static partial void NotCached(ILogger log, Exception exception, Guid imageId);

    [LoggerMessage(91, LogLevel.Warning, "The cache has lost image {ImageId}, or a part of it; it is read from its store again")]
    public static partial void Lost(ILogger log, Exception exception, Guid imageId);

    [LoggerMessage(92, LogLevel.Information, "{Bytes} bytes that are no image's are removed from the cache: {FileId}")]
    public static partial void Cleaned(ILogger log, long bytes, Guid fileId);

    [LoggerMessage(93, LogLevel.Warning, "Image {ImageId} could not be fetched into the cache; it is tried again in {Interval}")]
    public static partial void NotFetched(ILogger log, Exception exception, Guid imageId, TimeSpan interval);

    [LoggerMessage(94, LogLevel.Error, "Keeping the cache in order failed; it is tried again in {Interval}")]
    public static partial void WorkFailed(ILogger log, Exception exception, TimeSpan interval);
}
