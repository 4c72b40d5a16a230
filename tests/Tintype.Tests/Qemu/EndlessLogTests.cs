using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Tintype.Qemu.Process;
using Xunit;

namespace Tintype.Tests.Qemu;

public sealed partial class EndlessLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tt-").FullName;

    private string Log => Path.Combine(_folder, "console.log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_small_enough_is_left_alone()
    {
        File.WriteAllBytes(Log, Lines(EndlessLog.Most - 8192));

        Assert.False(EndlessLog.Trim(Log));
        Assert.Equal(Lines(EndlessLog.Most - 8192), File.ReadAllBytes(Log));
    }

    [Fact]
    public void The_end_stays_as_it_was_and_the_rest_takes_no_room()
    {
        var written = Lines(5 * EndlessLog.Most);
        File.WriteAllBytes(Log, written);

        Assert.True(EndlessLog.Trim(Log));

        var left = File.ReadAllBytes(Log);
        Assert.Equal(written.Length, left.Length);
        Assert.True(written.AsSpan()[^EndlessLog.Kept..].SequenceEqual(left.AsSpan()[^EndlessLog.Kept..]));
        Assert.InRange(Occupied(Log), EndlessLog.Kept, EndlessLog.Kept + 128 * 1024);
        Assert.False(EndlessLog.Trim(Log));
    }

    [Fact]
    public void Who_appends_goes_on_without_losing_a_byte()
    {
        // As QEMU has it open: "append=on".
        using var appender = new FileStream(Log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        var line = Lines(64 * 1024);
        var trimmed = 0;
        for (var i = 0; i < 200; i++)
        {
            appender.Write(line);
            trimmed += EndlessLog.Trim(Log) ? 1 : 0;
            Assert.InRange(Occupied(Log), 0, EndlessLog.Most + 2 * line.Length);
        }

        Assert.InRange(trimmed, 8, 14);
        var left = File.ReadAllBytes(Log).AsSpan();
        Assert.Equal(200 * line.Length, left.Length);
        for (var at = left.Length - EndlessLog.Kept; at < left.Length; at += line.Length)
            Assert.True(left.Slice(at, line.Length).SequenceEqual(line));
    }

    [Fact]
    public void A_link_leads_nowhere()
    {
        var other = Path.Combine(_folder, "precious");
        var content = Lines(2 * EndlessLog.Most);
        File.WriteAllBytes(other, content);
        File.CreateSymbolicLink(Log, other);
        Assert.False(EndlessLog.Trim(Log));

        File.Delete(Log);
        Assert.Equal(0, Link(other, Log));
        Assert.False(EndlessLog.Trim(Log));
        Assert.False(EndlessLog.Trim(_folder));
        Assert.False(EndlessLog.Trim(Path.Combine(_folder, "missing")));

        Assert.Equal(content, File.ReadAllBytes(other));
    }

    private static byte[] Lines(int length)
    {
        var line = "a line of a guest's console 123\n"u8;
        var lines = new byte[length];
        for (var at = 0; at < length; at += line.Length)
            line[..Math.Min(line.Length, length - at)].CopyTo(lines.AsSpan(at));
        return lines;
    }

    private static long Occupied(string file)
    {
        using var du = Process.Start(new ProcessStartInfo("du", ["--block-size=1", file]) { RedirectStandardOutput = true })!;
        return long.Parse(du.StandardOutput.ReadToEnd().Split('\t')[0], CultureInfo.InvariantCulture);
    }

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Link(string from, string to);
}
