using System.Text;
using System.Text.Json.Nodes;
using Tintype.Qemu.GuestAgent;
using Xunit;

namespace Tintype.Tests.Qemu;

public sealed class GuestAgentClientTests
{
    private static readonly TimeSpan _long = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _short = TimeSpan.FromMilliseconds(100);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_earlier_calls_left_in_the_channel_is_passed_over()
    {
        await using var agent = new FakeAgent();
        await agent.WriteAsync("rest of an answer\"}\n{\"return\": 17}\n{\"return\": {\"half\": ");
        agent.AnswerSync();
        agent.Answer("guest-fsfreeze-freeze", _ => """{"return": 3}""");

        Assert.Equal(3, await agent.Client.FreezeAsync(_long, Ct));
    }

    [Fact]
    public async Task While_frozen_the_plain_synchronisation_is_used()
    {
        await using var agent = new FakeAgent();
        agent.Answer("guest-sync-delimited", _ =>
            """{"error": {"class": "CommandNotFound", "desc": "Command guest-sync-delimited has been disabled"}}""");
        agent.Answer("guest-sync", request => $$"""{"return": {{request["arguments"]!["id"]}}}""");
        agent.Answer("guest-fsfreeze-thaw", _ => """{"return": 2}""");

        Assert.Equal(2, await agent.Client.ThawAsync(_long, Ct));
    }

    [Fact]
    public async Task A_late_refusal_of_another_command_does_not_disturb_the_synchronisation()
    {
        await using var agent = new FakeAgent();
        await agent.WriteAsync("""{"error": {"class": "CommandNotFound", "desc": "Command guest-exec has been disabled"}}""" + "\n");
        agent.AnswerSync();
        agent.Answer("guest-sync", request => $$"""{"return": {{request["arguments"]!["id"]}}}""");
        agent.Answer("guest-fsfreeze-status", _ => "{\"return\": \"thawed\"}");

        Assert.False(await agent.Client.IsFrozenAsync(_long, Ct));
        Assert.False(await agent.Client.IsFrozenAsync(_long, Ct));
    }

    [Fact]
    public async Task A_call_that_runs_out_of_time_leaves_the_agent_usable()
    {
        await using var agent = new FakeAgent();
        agent.AnswerSync();
        agent.Answer("guest-fsfreeze-freeze", _ => null);
        agent.Answer("guest-fsfreeze-thaw", _ => """{"return": 1}""");

        var slow = await Assert.ThrowsAsync<GuestAgentException>(() => agent.Client.FreezeAsync(_short, Ct));
        Assert.Contains("guest-fsfreeze-freeze", slow.Message, StringComparison.Ordinal);
        Assert.Contains("0.1 s", slow.Message, StringComparison.Ordinal);
        Assert.Equal(1, await agent.Client.ThawAsync(_long, Ct));
        Assert.Equal(2, agent.Connections);
    }

    [Fact]
    public async Task Silence_is_no_answer()
    {
        await using var agent = new FakeAgent();
        agent.Answer("guest-sync-delimited", _ => null);
        Assert.False(await agent.Client.RespondsAsync(_short, Ct));
    }

    [Fact]
    public async Task A_socket_without_qemu_is_no_answer()
    {
        await using var client = new GuestAgentClient("/nowhere/agent.sock");
        Assert.False(await client.RespondsAsync(_long, Ct));
        await Assert.ThrowsAsync<GuestAgentException>(() => client.FreezeAsync(_long, Ct));
    }

    [Fact]
    public async Task A_program_is_awaited_and_its_outputs_are_decoded()
    {
        await using var agent = new FakeAgent();
        JsonNode? started = null;
        var asked = 0;
        agent.AnswerSync();
        agent.Answer("guest-exec", request =>
        {
            started = request["arguments"];
            return """{"return": {"pid": 42}}""";
        });
        agent.Answer("guest-exec-status", request => ++asked < 3
            ? """{"return": {"exited": false}}"""
            : $$$"""{"return": {"exited": true, "exitcode": {{{request["arguments"]!["pid"]}}}, "out-data": "w6QK", "err-data": "b2g="}}""");

        var result = await agent.Client.ExecuteAsync("/bin/sh", ["-c", "echo \"ä\""], _long, Ct);

        Assert.Equal(new GuestCommandResult(42, "ä\n", "oh"), result);
        Assert.Equal("""{"path":"/bin/sh","arg":["-c","echo \u0022\u00E4\u0022"],"capture-output":true}""", started!.ToJsonString());
    }

    [Fact]
    public async Task A_signal_is_an_exit_code_above_128()
    {
        await using var agent = new FakeAgent();
        agent.AnswerSync();
        agent.Answer("guest-exec", _ => """{"return": {"pid": 42}}""");
        agent.Answer("guest-exec-status", _ => """{"return": {"exited": true, "signal": 9}}""");
        Assert.Equal(new GuestCommandResult(137, "", ""), await agent.Client.ExecuteAsync("/bin/true", [], _long, Ct));
    }

    [Fact]
    public async Task Shutdown_takes_silence_for_consent_and_repeats_a_refusal()
    {
        await using var agent = new FakeAgent();
        agent.AnswerSync();
        JsonNode? asked = null;
        agent.Answer("guest-shutdown", request =>
        {
            asked = request["arguments"];
            return null;
        });
        await agent.Client.ShutdownAsync(_long, Ct);
        Assert.Equal("powerdown", asked!["mode"]!.GetValue<string>());

        agent.Answer("guest-shutdown", _ => """{"error": {"class": "GenericError", "desc": "no shutdown program"}}""");
        var refused = await Assert.ThrowsAsync<GuestAgentException>(() => agent.Client.RebootAsync(_long, Ct));
        Assert.Equal("The guest agent refused 'guest-shutdown': no shutdown program", refused.Message);
    }

    [Theory]
    [InlineData("""{"return": "many"}""")]
    [InlineData("""{"return": {}}""")]
    [InlineData("""{"return": 99999999999}""")]
    [InlineData("""{"error": 7}""")]
    [InlineData("[]")]
    [InlineData("nonsense")]
    public async Task Nonsense_from_the_guest_is_the_agents_failure(string answer)
    {
        await using var agent = new FakeAgent();
        agent.AnswerSync();
        agent.Answer("guest-fsfreeze-freeze", _ => answer);
        await Assert.ThrowsAsync<GuestAgentException>(() => agent.Client.FreezeAsync(_long, Ct));
    }

    /// <summary>An agent behind QEMU: each connection in turn reaches it.</summary>
    private sealed class FakeAgent : IAsyncDisposable
    {
        private readonly Dictionary<string, Func<JsonNode, string?>> _answers = [];
        private readonly List<Task> _serving = [];
        private string _before = "";

        public FakeAgent() => Client = new GuestAgentClient(ConnectAsync);

        public GuestAgentClient Client { get; }

        public int Connections => _serving.Count;

        public Task WriteAsync(string stale)
        {
            _before += stale;
            return Task.CompletedTask;
        }

        public void Answer(string command, Func<JsonNode, string?> answer) => _answers[command] = answer;

        public void AnswerSync() => Answer("guest-sync-delimited", request => $$"""{"return": {{request["arguments"]!["id"]}}}""");

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            await Task.WhenAll(_serving);
        }

        private async Task<Stream> ConnectAsync(CancellationToken ct)
        {
            var (here, there) = DuplexStream.Pair();
            await there.WriteAsync(Encoding.UTF8.GetBytes(_before), ct);
            _before = "";
            _serving.Add(ServeAsync(there));
            return here;
        }

        private async Task ServeAsync(DuplexStream there)
        {
            using var lines = new StreamReader(there, Encoding.Latin1);
            while (await lines.ReadLineAsync() is { } line)
            {
                var delimited = line[0] == '\u00ff';
                var request = JsonNode.Parse(line.TrimStart('\u00ff'))!;
                var command = request["execute"]!.GetValue<string>();
                Assert.Equal(command == "guest-sync-delimited", delimited);
                if (_answers[command](request) is { } answer)
                    await there.WriteAsync((byte[])[.. delimited && answer.Contains("return", StringComparison.Ordinal) ? (byte[])[0xff] : [], .. Encoding.UTF8.GetBytes(answer + "\n")]);
            }
        }
    }
}
