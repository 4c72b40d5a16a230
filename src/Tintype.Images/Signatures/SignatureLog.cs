using Microsoft.Extensions.Logging;

namespace Tintype.Images.Signatures;

internal static partial class SignatureLog
{
    [LoggerMessage(110, LogLevel.Warning, "Image {ImageId} cannot be verified: the certificate '{Certificate}' cannot be had")]
    public static partial void CertificateUnavailable(ILogger log, Exception exception, Guid imageId, string certificate);
}
