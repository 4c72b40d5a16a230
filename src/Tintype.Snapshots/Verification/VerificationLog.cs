using Microsoft.Extensions.Logging;

namespace Tintype.Snapshots.Verification;

internal static partial class VerificationLog
{
    [LoggerMessage(1, LogLevel.Information, "Boot & test of image {ImageId}: {Verdict}; reached: {Reached} after {Seconds:0.0} s")]
    public static partial void Judged(ILogger log, Guid imageId, string verdict, string reached, double seconds);

    [LoggerMessage(2, LogLevel.Information, "The evidence of image {ImageId}, which is gone, has been removed")]
    public static partial void Swept(ILogger log, Guid imageId);
}
