using Microsoft.Extensions.Logging;

namespace Tintype.Images.Chunks.Scrubbing;

internal static partial class ScrubLog
{
    [LoggerMessage(125, LogLevel.Error, "Image {ImageId} ({ImageName}), blob {BlobId} of the store '{Store}', cannot be read in {Places} places: {Reason} It was not healed: {Obstacle}")]
    public static partial void Damaged(ILogger log, Guid? imageId, string? imageName, Guid blobId, string store, long places, string reason, string? obstacle);

    [LoggerMessage(126, LogLevel.Warning, "Blob {BlobId} could not be read in {Places} places of the store '{Store}', and was healed from the store '{Source}'")]
    public static partial void Healed(ILogger log, Guid blobId, int places, string store, string source);

    [LoggerMessage(127, LogLevel.Warning, "Blob {BlobId} of the store '{Store}' could not be healed from the store '{Source}'")]
    public static partial void NotHealed(ILogger log, Exception exception, Guid blobId, string store, string source);

    [LoggerMessage(128, LogLevel.Information, "The store '{Store}' has been read through: {Chunks} chunks, of which {Damaged} were damaged")]
    public static partial void PassEnded(ILogger log, string store, long chunks, long damaged);

    [LoggerMessage(129, LogLevel.Error, "Reading the chunks through failed; it is gone on with in {Interval}")]
    public static partial void Failed(ILogger log, Exception exception, TimeSpan interval);
}
