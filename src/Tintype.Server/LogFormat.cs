using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Tintype.Server;

/// <summary>
/// One line an entry, on stderr: <c>2026-11-23T20:38:13.123Z warn Tintype.Compute.Guests: …</c>. An exception follows in the same line, its
/// own line breaks as <c> | </c>, so that whatever collects the lines keeps it whole.
/// </summary>
internal sealed class LogFormat(TimeProvider time) : ConsoleFormatter(Name)
{
    public new const string Name = "tintype";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        textWriter.Write(time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        textWriter.Write($" {Word(logEntry.LogLevel)} {logEntry.Category}: {OneLine(message)}");
        if (logEntry.Exception is { } exception)
            textWriter.Write($" | {OneLine(exception.ToString())}");
        textWriter.WriteLine();
    }

    private static string OneLine(string text) => string.Join(" | ", text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };
}

internal static class ServerLogging
{
    /// <param name="isStarting">While true, what the framework logs about a failing start is dropped: it is told in one sentence instead.</param>
    public static void AddServerLogging(this WebApplicationBuilder builder, Func<bool> isStarting)
    {
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", level => level >= LogLevel.Warning && !isStarting());
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", level => level >= LogLevel.Warning && !isStarting());
        builder.Logging.AddConsole(console =>
        {
            console.FormatterName = LogFormat.Name;
            console.LogToStandardErrorThreshold = LogLevel.Trace;
        });
        builder.Logging.AddConsoleFormatter<LogFormat, ConsoleFormatterOptions>();
    }
}
