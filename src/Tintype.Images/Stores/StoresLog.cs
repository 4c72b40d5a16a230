using Microsoft.Extensions.Logging;

namespace Tintype.Images.Stores;

internal static partial class StoresLog
{
    [LoggerMessage(40, LogLevel.Warning, "The store '{Store}' has image data but is not configured: what lies only there cannot be read. Add Images:Stores:{Store} again")]
    public static partial void NotConfigured(ILogger log, string store);

    [LoggerMessage(41, LogLevel.Information, "The copy of image {ImageId} in the store '{Store}' is deleted")]
    public static partial void CopyDeleted(ILogger log, Guid imageId, string store);
}
