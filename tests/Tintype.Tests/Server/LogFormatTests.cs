using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tintype.Server;
using Xunit;

namespace Tintype.Tests.Server;

public sealed class LogFormatTests
{
    private readonly LogFormat _format = new(new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 20, 38, 13, 123, TimeSpan.Zero)));

    [Fact]
    public void An_entry_is_one_line_with_its_time()
    {
        Assert.Equal($"2026-11-23T20:38:13.123Z warn Tintype.Images: The disk is full{Environment.NewLine}", Write(LogLevel.Warning, "The disk is full", null));
    }

    [Fact]
    public void What_a_client_sent_cannot_begin_a_line_of_its_own()
    {
        Assert.Equal($"2026-11-23T20:38:13.123Z error Tintype.Images: name | 2026-11-23T20:38:13.123Z info all is well | System.IO.IOException: one | two{Environment.NewLine}",
            Write(LogLevel.Error, "name\r\n2026-11-23T20:38:13.123Z info all is well", new IOException("one\ntwo")));
    }

    private string Write(LogLevel level, string message, Exception? exception)
    {
        using var writer = new StringWriter();
        _format.Write(new LogEntry<string>(level, "Tintype.Images", default, message, exception, (text, _) => text), null, writer);
        return writer.ToString();
    }
}
