using Microsoft.Extensions.Logging;

namespace Tintype.Images.Locations;

internal static partial class LocationLog
{
    [LoggerMessage(80, LogLevel.Information, "The data of image {ImageId} could not be read to hash it (attempt {Attempt}); it is tried again")]
    public static partial void ReadFailed(ILogger log, Exception exception, Guid imageId, int attempt);

    [LoggerMessage(81, LogLevel.Warning, "Image {ImageId} is active without a hash: its location could not be read to the end")]
    public static partial void Unhashed(ILogger log, Exception exception, Guid imageId);
}
