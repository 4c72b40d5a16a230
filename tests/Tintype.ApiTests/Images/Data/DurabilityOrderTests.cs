using System.Text.RegularExpressions;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Images.Data;

/// <summary>The order in which an upload becomes durable, as the kernel sees it.</summary>
public sealed partial class DurabilityOrderTests
{
    private const string Strace = "/usr/bin/strace";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Data_sync_rename_directory_sync_database_sync_answer()
    {
        Assert.SkipUnless(File.Exists(Strace), $"{Strace} is not installed (Debian: strace); nothing else can watch system calls.");
        using var directory = new TemporaryDirectory();
        var trace = directory.Combine("trace");
        await using var server = await TintypeServer.StartAsync(directory.Path);
        await server.StopAsync();
        // -D: the server stays our child, so that it is stopped as ever. -y: descriptors are shown with their paths.
        await server.StartAgainAsync(Strace, "-D", "-f", "--seccomp-bpf", "-y", "-s", "40", "-o", trace, "-e",
            "trace=fsync,fdatasync,rename,renameat,renameat2,write,pwrite64,sendto,sendmsg");
        using var client = await ApiClient.SignInAsync(server, "tintype");
        var image = await ImageCall.QueuedAsync(server, client);

        Assert.Equal(204, (await image.UploadAsync(UploadTests.Bytes(1_000_000), Ct)).Head.Status);

        await server.StopAsync();
        var calls = await ReadAsync(trace);
        var store = Regex.Escape(StoreDirectory.Of(server));
        var lastWrite = Last(calls, $@"^pwrite64\(\d+<{store}/[0-9a-f-]+\.part>");
        var dataSync = First(calls, $@"^f(data)?sync\(\d+<{store}/[0-9a-f-]+\.part>\) += 0");
        var rename = First(calls, $@"^rename(at2?)?\(.*""{store}/[0-9a-f-]+\.part"".*""{store}/[0-9a-f-]+"".*\) += 0");
        var directorySync = First(calls, $@"^fsync\(\d+<{store}>\) += 0");
        var answer = First(calls, @"^send(to|msg)\(.*HTTP/1\.1 204 ");
        var database = Regex.Escape(Path.Combine(server.DataDirectory, "tintype.db-wal"));
        var databaseWrite = Last(calls.Where(c => c.Start < answer.Start), $@"^(pwrite64|write)\(\d+<{database}>");
        var databaseSync = Last(calls.Where(c => c.Start < answer.Start), $@"^f(data)?sync\(\d+<{database}>\) += 0");

        // Each has returned before the next is called.
        Call[] order = [lastWrite, dataSync, rename, directorySync, databaseWrite, databaseSync, answer];
        foreach (var (before, after) in order.Zip(order.Skip(1)))
            Assert.True(before.End < after.Start, $"'{after.Text}' (line {after.Start}) was called before '{before.Text}' returned (line {before.End}).");
    }

    /// <summary>One system call: the lines of the trace where it was called and where it returned.</summary>
    private sealed record Call(string Text, int Start, int End);

    private static Call First(IEnumerable<Call> calls, string pattern) =>
        calls.FirstOrDefault(c => Regex.IsMatch(c.Text, pattern)) ?? throw new InvalidDataException($"The trace has no call like {pattern}");

    private static Call Last(IEnumerable<Call> calls, string pattern) =>
        calls.LastOrDefault(c => Regex.IsMatch(c.Text, pattern)) ?? throw new InvalidDataException($"The trace has no call like {pattern}");

    /// <summary>Joins what strace splits when threads interleave: <c>fsync(5 &lt;unfinished ...&gt;</c> and <c>&lt;... fsync resumed&gt;) = 0</c>.</summary>
    private static async Task<List<Call>> ReadAsync(string trace)
    {
        // strace writes its last line when the last thread of the server has gone.
        string[] lines;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (true)
        {
            lines = await File.ReadAllLinesAsync(trace, Ct);
            if (lines.Length > 0 && lines[^1].Contains("+++ exited", StringComparison.Ordinal))
                break;
            await Task.Delay(20, limit.Token);
        }

        var calls = new List<Call>();
        var unfinished = new Dictionary<string, (string Text, int Start)>();
        for (var i = 0; i < lines.Length; i++)
        {
            var match = Line().Match(lines[i]);
            var (thread, text) = (match.Groups["thread"].Value, match.Groups["text"].Value);
            if (text.EndsWith(" <unfinished ...>", StringComparison.Ordinal))
                unfinished[thread] = (text[..^" <unfinished ...>".Length], i);
            else if (Resumed().Match(text) is { Success: true } resumed && unfinished.Remove(thread, out var begun))
                calls.Add(new Call(begun.Text + resumed.Groups["rest"].Value, begun.Start, i));
            else
                calls.Add(new Call(text, i, i));
        }

        return [.. calls.OrderBy(c => c.Start)];
    }

    [GeneratedRegex(@"^(?<thread>\d+) +(?<text>.*)$")]
    private static partial Regex Line();

    [GeneratedRegex(@"^<\.\.\. \w+ resumed>(?<rest>.*)$")]
    private static partial Regex Resumed();
}
