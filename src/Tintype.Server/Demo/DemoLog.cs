namespace Tintype.Server.Demo;

internal static partial class DemoLog
{
    [LoggerMessage(1, LogLevel.Warning,
        "There is no {Path}. Only it had the demo users' passwords; to give them new ones and write the file anew, start once with --passwords new")]
    public static partial void NoCloudsFile(ILogger log, string path);
}
