using Microsoft.Extensions.Logging;

namespace Tintype.Images.Import;

internal static partial class ImportLog
{
    [LoggerMessage(60, LogLevel.Information, "Blob {BlobId} is copied into the store '{Store}': {Size} bytes in {Seconds:F1} s")]
    public static partial void Copied(ILogger log, Guid blobId, string store, long size, double seconds);

    [LoggerMessage(61, LogLevel.Information, "Image {ImageId} is imported by {Method} into {Stores}")]
    public static partial void Imported(ILogger log, Guid imageId, string method, string stores);

    [LoggerMessage(63, LogLevel.Information, "The data of image {ImageId} is now {Format}: {Before} bytes became {After}")]
    public static partial void Prepared(ILogger log, Guid imageId, string format, long before, long after);

    [LoggerMessage(62, LogLevel.Warning, "Image {ImageId} could not be imported into the store '{Store}'; the import goes on without it")]
    public static partial void StoreFailed(ILogger log, Exception exception, Guid imageId, string store);
}
