using Microsoft.Extensions.Logging;

namespace Tintype.Images.Data;

internal static partial class DataLog
{
    [LoggerMessage(1, LogLevel.Information, "Image {ImageId} is active: {Size} bytes in {Seconds:F1} s, blob {BlobId}")]
    public static partial void Ingested(ILogger log, Guid imageId, long size, double seconds, Guid blobId);

    [LoggerMessage(2, LogLevel.Information, "Image {ImageId} was being saved when the server ended; it is queued again")]
    public static partial void ReturnedToQueue(ILogger log, Guid imageId);

    [LoggerMessage(3, LogLevel.Information, "Blob {BlobId} is removed: neither an image nor a holder refers to it")]
    public static partial void Collected(ILogger log, Guid blobId);

    [LoggerMessage(4, LogLevel.Information, "{Bytes} bytes of the store '{Store}' that no row names are removed: {BlobId}")]
    public static partial void OrphanRemoved(ILogger log, long bytes, string store, Guid blobId);

    [LoggerMessage(5, LogLevel.Error, "Collecting blobs failed; it is tried again with the next deletion, and in {Interval}")]
    public static partial void CollectionFailed(ILogger log, Exception exception, TimeSpan interval);
}
