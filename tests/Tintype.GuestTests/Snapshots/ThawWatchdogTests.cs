using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Snapshots;

/// <summary>The watchdog as the process it is, against a socket that answers as a guest agent does.</summary>
public sealed class ThawWatchdogTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly TaskCompletionSource _thawed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _agent;

    public ThawWatchdogTests()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(Socket));
        _listener.Listen();
        _agent = AnswerAsync();
    }

    private string Socket => _folder.Combine("agent.sock");

    [Fact]
    public async Task It_thaws_when_its_parent_is_gone()
    {
        using var watchdog = await ArmAsync(seconds: 600);
        watchdog.StandardInput.Close();

        await _thawed.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await watchdog.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, watchdog.ExitCode);
    }

    [Fact]
    public async Task It_thaws_when_time_is_up_whether_or_not_its_parent_lives()
    {
        using var watchdog = await ArmAsync(seconds: 0.2);

        await _thawed.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await watchdog.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, watchdog.ExitCode);
    }

    [Fact]
    public async Task It_goes_without_a_word_when_the_guest_is_thawed()
    {
        using var watchdog = await ArmAsync(seconds: 600);
        await watchdog.StandardInput.WriteLineAsync("thawed");
        await watchdog.StandardInput.FlushAsync(TestContext.Current.CancellationToken);

        await watchdog.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, watchdog.ExitCode);
        Assert.False(_thawed.Task.IsCompleted);
    }

    [Fact]
    public async Task It_ends_with_the_guest()
    {
        using var watchdog = await ArmAsync(seconds: 600);
        _listener.Dispose();
        watchdog.StandardInput.Close();

        await watchdog.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(1, watchdog.ExitCode);
        Assert.False(_thawed.Task.IsCompleted);
    }

    [Fact]
    public async Task It_ends_with_a_guest_that_was_killed()
    {
        // The name of a socket is left, at which nobody listens.
        var killed = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        killed.Bind(new UnixDomainSocketEndPoint($"{Socket}.other"));
        File.Move($"{Socket}.other", Socket, overwrite: true);
        killed.Dispose();
        using var watchdog = await ArmAsync(seconds: 600);
        watchdog.StandardInput.Close();

        await watchdog.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(1, watchdog.ExitCode);
    }

    [Fact]
    public async Task A_sigterm_to_all_of_the_service_does_not_take_it_away_from_the_guest()
    {
        using var watchdog = await ArmAsync(seconds: 600);
        using (var kill = Process.Start("kill", ["-TERM", $"{watchdog.Id}"]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        using (var kill = Process.Start("kill", ["-INT", $"{watchdog.Id}"]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        watchdog.StandardInput.Close();

        await _thawed.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await watchdog.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task One_that_stands_by_goes_with_its_parent_and_thaws_nobody()
    {
        using var watchdog = Start();
        watchdog.StandardInput.Close();

        await watchdog.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, watchdog.ExitCode);
        Assert.False(_thawed.Task.IsCompleted);
    }

    private static Process Start() => Process.Start(new ProcessStartInfo(Repository.ServerExecutable, ["thaw-watchdog"])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    private async Task<Process> ArmAsync(double seconds)
    {
        var process = Start();
        await process.StandardInput.WriteLineAsync(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{seconds} {Socket}"));
        await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        Assert.Equal("armed", await process.StandardOutput.ReadLineAsync(limit.Token));
        return process;
    }

    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                using var connection = await _listener.AcceptAsync();
                await using var stream = new NetworkStream(connection);
                using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
                while (await reader.ReadLineAsync() is { } line)
                    await stream.WriteAsync(Answer(JsonDocument.Parse(line.TrimStart('\u00ff')).RootElement));
            }
        }
        catch (SocketException)
        {
            // The test is over.
        }
    }

    private byte[] Answer(JsonElement request)
    {
        var command = request.GetProperty("execute").GetString();
        if (command == "guest-fsfreeze-thaw")
            _thawed.TrySetResult();
        var value = command is "guest-sync-delimited" or "guest-sync" ? request.GetProperty("arguments").GetProperty("id").GetInt64() : 1;
        byte[] delimiter = command == "guest-sync-delimited" ? [0xFF] : [];
        return [.. delimiter, .. System.Text.Encoding.ASCII.GetBytes($"{{\"return\": {value}}}\n")];
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _agent;
        _folder.Dispose();
    }
}
