using Microsoft.Extensions.Logging;

namespace Tintype.Images.Disks;

internal static partial class DisksLog
{
    [LoggerMessage(1, LogLevel.Information, "Image {ImageId} is active: {Size} bytes of a disk of {Length}, for which the store has grown by {Added}; blob {BlobId}")]
    public static partial void Kept(ILogger log, Guid imageId, long size, long length, long added, Guid blobId);

    [LoggerMessage(2, LogLevel.Information, "Image {ImageId} has its hashes: {Size} bytes in {Seconds:F1} s")]
    public static partial void Hashed(ILogger log, Guid imageId, long size, double seconds);
}
