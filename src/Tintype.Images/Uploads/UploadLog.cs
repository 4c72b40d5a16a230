using Microsoft.Extensions.Logging;

namespace Tintype.Images.Uploads;

internal static partial class UploadLog
{
    [LoggerMessage(1, LogLevel.Information, "Image {ImageId} is active: {Size} bytes by the resumable upload {UploadId}, blob {BlobId} of the store '{Store}'")]
    public static partial void Completed(ILogger log, Guid imageId, long size, Guid uploadId, Guid blobId, string store);

    [LoggerMessage(2, LogLevel.Information, "The upload {UploadId} to image {ImageId} broke off; it can go on from {Offset} of {Length} bytes")]
    public static partial void BrokeOff(ILogger log, Guid uploadId, Guid imageId, long offset, long length);

    [LoggerMessage(3, LogLevel.Information, "The upload {UploadId} to image {ImageId} has ended ({Offset} of {Length} bytes)")]
    public static partial void Ended(ILogger log, Guid uploadId, Guid imageId, long offset, long length);

    [LoggerMessage(4, LogLevel.Information, "The data of upload {UploadId} is read again up to {Offset}: its hashes are not in memory")]
    public static partial void ReadAgain(ILogger log, Guid uploadId, long offset);

    [LoggerMessage(5, LogLevel.Error, "Removing ended uploads failed; it is tried again in {Interval}")]
    public static partial void SweepFailed(ILogger log, Exception exception, TimeSpan interval);
}
