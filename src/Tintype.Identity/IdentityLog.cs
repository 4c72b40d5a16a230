using Microsoft.Extensions.Logging;

namespace Tintype.Identity;

/// <summary>Users appear by their id: a name given by somebody who fails to sign in may be a mistyped password.</summary>
internal static partial class IdentityLog
{
    [LoggerMessage(1, LogLevel.Information, "A sign-in of user {UserId} was refused: {Why}")]
    public static partial void SignInRefused(ILogger log, string userId, string why);

    [LoggerMessage(2, LogLevel.Information, "{Count} expired tokens were removed")]
    public static partial void ExpiredRemoved(ILogger log, int count);
}
