using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Tintype.Platform.Events;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;
using Tintype.Tests.Platform.Tasks;
using Xunit;

namespace Tintype.Tests.Platform.Events;

public sealed class TaskEventsTests : IAsyncDisposable, ITokenValidator
{
    private readonly TaskWorld _world = new();
    private readonly CancellationTokenSource _end = CancellationTokenSource.CreateLinkedTokenSource(TaskWorld.Ct);
    private volatile Caller? _caller = TaskWorld.Member;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _world.DisposeAsync();
        _end.Dispose();
    }

    [Fact]
    public async Task A_new_client_hears_what_has_not_ended_and_then_what_changes()
    {
        var handler = FakeHandler.Endless();
        var process = _world.Process(handler, new FakeHandler((_, _) => Task.CompletedTask) { Kind = "quick" });
        await process.StartAsync();
        var old = await process.EnqueueAsync("quick");
        await process.UntilAsync(old, TaskState.Success);
        var running = await process.EnqueueAsync();
        await handler.Begun;

        var client = Follow(process);
        Assert.Equal((running, "running"), (await client.TaskAsync()).Brief);
        await process.Cancellation.CancelAsync(running, TaskWorld.Member, TaskWorld.Ct);

        var heard = await client.UntilAsync(running, "cancelled");
        Assert.Equal("Cancelled by ann.", heard.View.GetProperty("reason").GetString());
        Assert.DoesNotContain(client.Heard, e => e.Brief.Id == old);
    }

    [Fact]
    public async Task A_client_that_was_away_hears_what_has_become_of_everything_since()
    {
        var process = _world.Process(new FakeHandler((_, _) => Task.CompletedTask));
        var first = await process.EnqueueAsync();
        var client = Follow(process);
        var last = (await client.TaskAsync()).Id;
        await client.LeaveAsync();

        await process.StartAsync();
        await process.UntilAsync(first, TaskState.Success);
        var second = await process.EnqueueAsync();
        await process.UntilAsync(second, TaskState.Success);
        var back = Follow(process, last);

        Assert.Equal([(first, "success"), (second, "success")], new[] { (await back.TaskAsync()).Brief, (await back.TaskAsync()).Brief });
    }

    [Fact]
    public async Task An_id_of_another_database_begins_anew()
    {
        var process = _world.Process(FakeHandler.Endless());
        var id = await process.EnqueueAsync();
        Assert.Equal((id, "pending"), (await Follow(process, 1_000_000).TaskAsync()).Brief);
    }

    [Fact]
    public async Task A_client_hears_of_its_own_project_and_an_administrator_of_all()
    {
        var process = _world.Process(FakeHandler.Endless());
        var theirs = await process.EnqueueAsync(by: TaskWorld.Other);
        var own = await process.EnqueueAsync();

        Assert.Equal(own, (await Follow(process).TaskAsync()).Brief.Id);
        _caller = TaskWorld.Admin;
        var admin = Follow(process);
        Assert.Equal([theirs, own], new[] { (await admin.TaskAsync()).Brief.Id, (await admin.TaskAsync()).Brief.Id });
    }

    [Fact]
    public async Task Progress_comes_once_a_second_with_rate_and_estimate()
    {
        TaskContext? running = null;
        var handler = new FakeHandler((task, ct) =>
        {
            running = task;
            return Task.Delay(Timeout.Infinite, ct);
        });
        var process = _world.Process(handler);
        await process.StartAsync();
        var id = await process.EnqueueAsync();
        await handler.Begun;
        var client = Follow(process);
        await client.TaskAsync();

        running!.Step("copying");
        running.Report(0, 1000);
        _world.Time.Advance(TimeSpan.FromSeconds(1));
        await client.TaskAsync();
        for (var done = 1; done <= 100; done++)
            running.Report(done, 1000);
        _world.Time.Advance(TimeSpan.FromSeconds(1));
        var heard = await client.TaskAsync();

        Assert.Equal((id, "running"), heard.Brief);
        Assert.Equal(("copying", 10, 100, 1000, 50, 18),
            (heard.View.GetProperty("step").GetString(), heard.View.GetProperty("progress").GetInt32(), heard.View.GetProperty("bytes_done").GetInt64(),
             heard.View.GetProperty("bytes_total").GetInt64(), heard.View.GetProperty("bytes_per_second").GetInt64(), heard.View.GetProperty("seconds_left").GetInt64()));
    }

    [Fact]
    public async Task A_client_that_does_not_read_gets_the_latest_of_each_task_and_costs_no_memory()
    {
        var process = _world.Process(FakeHandler.Endless());
        var client = Follow(process, pauseAt: 1024);
        await client.BeginsAsync();
        var ids = new List<Guid>();
        for (var task = 0; task < 10; task++)
            ids.Add(await process.ForgetAsync());
        for (var change = 0; change < 30; change++)
        {
            foreach (var id in ids)
                await process.Rows.ReturnToPendingAsync(id, TaskWorld.Ct);
        }

        foreach (var id in ids)
            await process.Rows.FinishAsync(id, TaskState.Failure, "the end", TaskWorld.Ct);
        foreach (var id in ids)
            await client.UntilAsync(id, "failure");

        // 320 changes; those that fitted before it stood still, and the end of each.
        Assert.InRange(client.Heard.Count, 10, 100);
    }

    [Fact]
    public async Task A_token_that_is_no_longer_good_ends_the_stream_and_says_so()
    {
        var client = Follow(_world.Process());
        await client.BeginsAsync();
        _caller = null;
        _world.Time.Advance(TimeSpan.FromSeconds(1));

        var end = await client.NextAsync();
        Assert.Equal("end", end!.Name);
        Assert.Equal("The token has expired or was revoked; sign in again.", end.View.GetProperty("reason").GetString());
        Assert.Null(await client.NextAsync());
    }

    [Fact]
    public async Task Silence_is_broken_by_a_comment()
    {
        var client = Follow(_world.Process());
        await client.BeginsAsync();
        var comment = client.LineAsync();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TaskWorld.Ct);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (!comment.IsCompleted)
        {
            _world.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(comment, Task.Delay(5, limit.Token));
            limit.Token.ThrowIfCancellationRequested();
        }

        Assert.Equal(": still here", await comment);
    }

    Task<Caller?> ITokenValidator.ValidateAsync(string token, CancellationToken ct) => Task.FromResult(token == "token" ? _caller : null);

    private Client Follow(TaskProcess process, long? last = null, int pauseAt = 64 * 1024)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: pauseAt, resumeWriterThreshold: pauseAt / 2));
        var events = new TaskEvents(process.Queue, process.Rows, new TaskViews(process.Handlers), this, _world.Time);
        return new Client(pipe, end => events.WriteAsync(new EventWriter(pipe.Writer), _caller!, "token", last, end), _end.Token);
    }

    private sealed record Heard(string Name, long Id, JsonElement View)
    {
        public (Guid Id, string? Status) Brief => (View.GetProperty("id").GetGuid(), View.GetProperty("status").GetString());
    }

    private sealed class Client
    {
        private static readonly TimeSpan _limit = TimeSpan.FromMinutes(2);
        private readonly CancellationTokenSource _end;
        private readonly StreamReader _reader;
        private readonly Task _run;

        public Client(Pipe pipe, Func<CancellationToken, Task> run, CancellationToken end)
        {
            _end = CancellationTokenSource.CreateLinkedTokenSource(end);
            _reader = new StreamReader(pipe.Reader.AsStream(), Encoding.UTF8);
            _run = RunAsync(pipe, run);
        }

        public List<Heard> Heard { get; } = [];

        public async Task BeginsAsync()
        {
            Assert.Equal("retry: 2000", await LineAsync());
            Assert.Equal("", await LineAsync());
        }

        public async Task<string?> LineAsync() => await _reader.ReadLineAsync(TaskWorld.Ct).AsTask().WaitAsync(_limit, TaskWorld.Ct);

        /// <summary>Null at the stream's end.</summary>
        public async Task<Heard?> NextAsync()
        {
            var fields = new Dictionary<string, string>();
            while (await LineAsync() is { } line)
            {
                if (line.Length > 0 && line[0] != ':')
                    fields[line[..line.IndexOf(':', StringComparison.Ordinal)]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 2)..];
                else if (fields.TryGetValue("event", out var name))
                    return new Heard(name, long.Parse(fields["id"], System.Globalization.CultureInfo.InvariantCulture), JsonDocument.Parse(fields["data"]).RootElement);
            }

            return null;
        }

        public async Task<Heard> TaskAsync()
        {
            var heard = await NextAsync();
            Assert.Equal("task", heard?.Name);
            Heard.Add(heard!);
            return heard!;
        }

        public async Task<Heard> UntilAsync(Guid id, string status)
        {
            while (true)
            {
                if (Heard.FindLast(e => e.Brief.Id == id) is { } last && last.Brief.Status == status)
                    return last;
                await TaskAsync();
            }
        }

        public async Task LeaveAsync()
        {
            await _end.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _run);
        }

        private async Task RunAsync(Pipe pipe, Func<CancellationToken, Task> run)
        {
            try
            {
                await run(_end.Token);
            }
            finally
            {
                await pipe.Writer.CompleteAsync();
            }
        }
    }
}
