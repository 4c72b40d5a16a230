using Microsoft.Extensions.Logging;

namespace Tintype.Images.Data;

internal static partial class DataLog
{
    [LoggerMessage(1, LogLevel.Information, "Image {ImageId} is active: {Size} bytes in {Seconds:F1} s, blob {BlobId} of the store '{Store}'")]
    public static partial void Ingested(ILogger log, Guid imageId, long size, double seconds, Guid blobId, string store);

    [LoggerMessage(2, LogLevel.Information, "Image {ImageId} was being saved when the server ended; it is queued again")]
    public static partial void ReturnedToQueue(ILogger log, Guid imageId);

    [LoggerMessage(3, LogLevel.Information, "Blob {BlobId} is removed from the store '{Store}': neither an image nor a holder refers to it")]
    public static partial void Collected(ILogger log, Guid blobId, string store);

    [LoggerMessage(4, LogLevel.Information, "{Bytes} bytes of the store '{Store}' that no row names are removed: {BlobId}")]
    public static partial void OrphanRemoved(ILogger log, long bytes, string store, Guid blobId);

    [LoggerMessage(6, LogLevel.Warning, "The store '{Store}' could not give blob {BlobId}; another store is asked if one has it")]
    public static partial void CopyFailed(ILogger log, Exception exception, Guid blobId, string store);

    [LoggerMessage(5, LogLevel.Error, "Collecting blobs failed; it is tried again with the next deletion, and in {Interval}")]
    public static partial void CollectionFailed(ILogger log, Exception exception, TimeSpan interval);
}
