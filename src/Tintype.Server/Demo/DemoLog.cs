namespace Tintype.Server.Demo;

internal static partial class DemoLog
{
    [LoggerMessage(1, LogLevel.Warning,
        "There is no {Path}. Only it had the demo users' passwords; to give them new ones and write the file anew, start once with --passwords new")]
    public static partial void NoCloudsFile(ILogger log, string path);

    [LoggerMessage(2, LogLevel.Warning, "There is no user {User} any more, so the cloud {Cloud} in clouds.yaml does not work")]
    public static partial void UserGone(ILogger log, string user, string cloud);

    [LoggerMessage(3, LogLevel.Warning, "The demo image was not made: there is no project {Project} any more to own it")]
    public static partial void NoOwner(ILogger log, string project);
}
