using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tintype.Qemu.Qmp;
using Xunit;

namespace Tintype.Tests.Qemu;

public sealed class QmpClientTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private const string Greeting = """{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "capabilities": ["oob"]}}""";

    [Fact]
    public async Task Answers_reach_the_command_whose_id_they_carry_in_whatever_order_they_come()
    {
        await using var qemu = await FakeQemu.StartAsync();
        var first = qemu.Client.ExecuteAsync("query-status", null, Ct);
        var second = qemu.Client.ExecuteAsync("query-block", new JsonObject { ["a"] = 1 }, Ct);
        var one = await qemu.ReadAsync();
        var two = await qemu.ReadAsync();
        Assert.Equal("query-status", one["execute"]!.GetValue<string>());
        Assert.Equal("""{"a":1}""", two["arguments"]!.ToJsonString());

        await qemu.WriteAsync($$"""{"return": [2], "id": {{two["id"]}}}""");
        await qemu.WriteAsync($$"""{"return": {"status": "running"}, "id": {{one["id"]}}}""");

        Assert.Equal("running", (await first).GetProperty("status").GetString());
        Assert.Equal(2, (await second)[0].GetInt32());
    }

    [Fact]
    public async Task A_refusal_carries_qemus_class_and_words()
    {
        await using var qemu = await FakeQemu.StartAsync();
        var command = qemu.Client.ExecuteAsync("blockdev-del", null, Ct);
        var id = (await qemu.ReadAsync())["id"];
        await qemu.WriteAsync($$$"""{"id": {{{id}}}, "error": {"class": "GenericError", "desc": "Node 'x' is in use"}}""");

        var refused = await Assert.ThrowsAsync<QmpException>(() => command);
        Assert.Equal("GenericError", refused.ErrorClass);
        Assert.Equal("QEMU refused 'blockdev-del': Node 'x' is in use", refused.Message);
    }

    [Fact]
    public async Task Events_among_answers_reach_every_subscriber_that_they_match()
    {
        await using var qemu = await FakeQemu.StartAsync();
        var any = qemu.Client.WaitForAsync(_ => true, Ct);
        var shutdown = qemu.Client.WaitForAsync(e => e.Name == "SHUTDOWN", Ct);
        var command = qemu.Client.ExecuteAsync("system_powerdown", null, Ct);
        var id = (await qemu.ReadAsync())["id"];
        await qemu.WriteAsync("""{"timestamp": {"seconds": 1700000000, "microseconds": 250000}, "event": "POWERDOWN"}""");
        await qemu.WriteAsync($$$"""{"return": {}, "id": {{{id}}}}""");
        await qemu.WriteAsync("""{"timestamp": {"seconds": 1700000001, "microseconds": 0}, "event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-shutdown"}}""");

        await command;
        var first = await any;
        Assert.Equal("POWERDOWN", first.Name);
        Assert.Equal(JsonValueKind.Undefined, first.Data.ValueKind);
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1700000000250), first.At);
        Assert.Equal("guest-shutdown", (await shutdown).Data.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_matcher_that_throws_fails_its_own_wait_alone()
    {
        await using var qemu = await FakeQemu.StartAsync();
        var wrong = qemu.Client.WaitForAsync(e => e.Data.GetProperty("device").GetString() == "x", Ct);
        var right = qemu.Client.WaitForAsync(e => e.Name == "STOP", Ct);
        await qemu.WriteAsync("""{"event": "STOP", "data": {}}""");

        await Assert.ThrowsAsync<KeyNotFoundException>(() => wrong);
        Assert.Equal("STOP", (await right).Name);
    }

    [Fact]
    public async Task The_end_of_the_channel_fails_what_waits_and_what_comes_later()
    {
        await using var qemu = await FakeQemu.StartAsync();
        var command = qemu.Client.ExecuteAsync("quit", null, Ct);
        var waiting = qemu.Client.WaitForAsync(_ => false, Ct);
        await qemu.ReadAsync();
        qemu.HangUp();

        await Assert.ThrowsAsync<IOException>(() => command);
        await Assert.ThrowsAsync<IOException>(() => waiting);
        await qemu.Client.Closed;
        await Assert.ThrowsAsync<IOException>(() => qemu.Client.ExecuteAsync("query-status", null, Ct));
        await Assert.ThrowsAsync<IOException>(() => qemu.Client.WaitForAsync(_ => true, Ct));
    }

    [Fact]
    public async Task A_command_that_is_given_up_leaves_the_channel_usable()
    {
        await using var qemu = await FakeQemu.StartAsync();
        using var giveUp = new CancellationTokenSource();
        var abandoned = qemu.Client.ExecuteAsync("query-block", null, giveUp.Token);
        var late = (await qemu.ReadAsync())["id"];
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);

        var next = qemu.Client.ExecuteAsync("query-status", null, Ct);
        var id = (await qemu.ReadAsync())["id"];
        await qemu.WriteAsync($$"""{"return": "late", "id": {{late}}}""");
        await qemu.WriteAsync($$"""{"return": "own", "id": {{id}}}""");
        Assert.Equal("own", (await next).GetString());
    }

    [Theory]
    [InlineData("""{"hello": 1}""", "greet")]
    [InlineData("ssh-2.0", "no JSON")]
    public async Task Something_else_at_the_socket_is_told_apart(string greeting, string said)
    {
        var (here, there) = DuplexStream.Pair();
        await there.WriteAsync(Encoding.UTF8.GetBytes(greeting + "\r\n"), Ct);
        var refused = await Assert.ThrowsAsync<IOException>(() => QmpClient.StartAsync(here, Ct));
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_speaks_while_another_closes_the_channel_hears_that_it_is_closed_and_nothing_else()
    {
        // The two meet where they meet: before, within and after the write.
        for (var round = 0; round < 200; round++)
        {
            var qemu = await FakeQemu.StartAsync();
            var speakers = Enumerable.Range(0, 4).Select(_ => Task.Run(() => qemu.Client.ExecuteAsync("quit", null, Ct))).ToList();
            await qemu.DisposeAsync();
            foreach (var speaker in speakers)
                await Assert.ThrowsAsync<IOException>(() => speaker);
            await Assert.ThrowsAsync<IOException>(() => qemu.Client.ExecuteAsync("quit", null, Ct));
        }
    }

    private sealed class FakeQemu(QmpClient client, DuplexStream stream, StreamReader lines) : IAsyncDisposable
    {
        public QmpClient Client { get; } = client;

        public static async Task<FakeQemu> StartAsync()
        {
            var (here, there) = DuplexStream.Pair();
            var lines = new StreamReader(there);
            await there.WriteAsync(Encoding.UTF8.GetBytes(Greeting + "\r\n"), Ct);
            var starting = QmpClient.StartAsync(here, Ct);
            var capabilities = JsonNode.Parse((await lines.ReadLineAsync(Ct))!)!;
            Assert.Equal("qmp_capabilities", capabilities["execute"]!.GetValue<string>());
            await there.WriteAsync(Encoding.UTF8.GetBytes($$$"""{"return": {}, "id": {{{capabilities["id"]}}}}""" + "\r\n"), Ct);
            return new FakeQemu(await starting, there, lines);
        }

        public async Task<JsonNode> ReadAsync() => JsonNode.Parse((await lines.ReadLineAsync(Ct))!)!;

        public async Task WriteAsync(string line) => await stream.WriteAsync(Encoding.UTF8.GetBytes(line + "\r\n"), Ct);

        public void HangUp() => stream.Dispose();

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            lines.Dispose();
        }
    }
}
