using Microsoft.Extensions.Logging;

namespace Tintype.Compute.Bases;

internal static partial class BasesLog
{
    [LoggerMessage(1, LogLevel.Information, "The content of blob {BlobId} is stored as a disk: {Read} bytes of {Length} read, the store has grown by {Added}, {Seconds:F1} s")]
    public static partial void Made(ILogger log, Guid blobId, long read, long length, long added, double seconds);
}
