using Microsoft.Extensions.Logging.Abstractions;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.Tests.Platform.Tasks;

/// <summary>A database, and processes that do tasks in it: one after the other, or, though no data directory has two, at the same time.</summary>
internal sealed class TaskWorld : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<TaskProcess> _processes = [];

    public TaskWorld()
    {
        Database = new MetadataDatabase(_directory.Combine("tintype.db"));
        Migrations.Apply(Database, [new MigrationSource(typeof(PlatformSetup).Assembly)]);
    }

    public static Caller Member { get; } = new("u1", "ann", "p1", "one", "default", ["member", "reader"]);

    public static Caller Reader { get; } = Member with { Roles = ["reader"] };

    public static Caller Other { get; } = new("u2", "bob", "p2", "two", "default", ["member", "reader"]);

    public static Caller Admin { get; } = new("u0", "root", "p0", "admin", "default", ["admin", "manager", "member", "reader"]);

    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    public MetadataDatabase Database { get; }

    public WrongClock Time { get; } = new();

    public TaskProcess Process(params ITaskHandler[] handlers)
    {
        var process = new TaskProcess(Database, Time, handlers);
        _processes.Add(process);
        return process;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
            await process.StopAsync();
        Database.Dispose();
        _directory.Dispose();
    }
}

/// <summary>What one server process has of tasks. Its rounds are made by the test.</summary>
internal sealed class TaskProcess
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(2);

    private readonly MetadataDatabase _database;

    public TaskProcess(MetadataDatabase database, TimeProvider time, ITaskHandler[] handlers)
    {
        _database = database;
        Rows = new TaskRepository(database, time);
        Queue = new TaskQueue(Rows);
        Handlers = new TaskHandlers(handlers);
        var interrupted = new InterruptedTasks(Rows, Handlers, NullLogger<InterruptedTasks>.Instance);
        Runner = new TaskRunner(Queue, Rows, Handlers, interrupted, time, NullLogger<TaskRunner>.Instance);
        Leases = new TaskLeases(Queue, Rows, interrupted, time, NullLogger<TaskLeases>.Instance);
        Cancellation = new TaskCancellation(Queue, Rows, Handlers);
    }

    public TaskRepository Rows { get; }
    public TaskQueue Queue { get; }
    public TaskHandlers Handlers { get; }
    public TaskRunner Runner { get; }
    public TaskLeases Leases { get; }
    public TaskCancellation Cancellation { get; }

    public Task StartAsync() => Runner.StartAsync(TaskWorld.Ct);

    public Task StopAsync() => Runner.StopAsync(CancellationToken.None);

    public Task<Guid> EnqueueAsync(string kind = "work", Caller? by = null) => _database.WriteAsync(scope => Queue.EnqueueAsync(scope, New(kind, by)), TaskWorld.Ct);

    /// <summary>Written down, and forgotten before anybody was woken.</summary>
    public Task<Guid> ForgetAsync(string kind = "work") => _database.WriteAsync(scope => Rows.InsertAsync(scope, New(kind, null)), TaskWorld.Ct);

    public async Task RoundsAsync(int count)
    {
        for (var round = 0; round < count; round++)
            await Leases.RoundAsync(TaskWorld.Ct);
    }

    public async Task<TaskRecord> FindAsync(Guid id) => (await Queue.FindAsync(id, TaskWorld.Ct))!;

    /// <summary>The task once it is so.</summary>
    public async Task<TaskRecord> UntilAsync(Guid id, TaskState state)
    {
        while (true)
        {
            var change = Rows.Pulse.Next;
            var task = await FindAsync(id);
            if (task.State == state)
                return task;
            Assert.False(task.HasEnded, $"It ended as {task.State}: {task.Reason}");
            await change.WaitAsync(_limit, TaskWorld.Ct);
        }
    }

    private static NewTask New(string kind, Caller? by) => new(kind, Guid.NewGuid(), (by ?? TaskWorld.Member).ProjectId, "u1", "req-1", "{}");
}

/// <summary>Does what the test says, and notes what it was asked to do.</summary>
internal sealed class FakeHandler(Func<TaskContext, CancellationToken, Task> run, string? uncancellableBecause = null) : ITaskHandler
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>One that goes on until its token ends it.</summary>
    public static FakeHandler Endless() => new((_, ct) => Task.Delay(Timeout.Infinite, ct));

    public string Kind { get; init; } = "work";

    public int MaxConcurrency => 1;

    public string? UncancellableBecause => uncancellableBecause;

    public TaskRecovery Recovery { get; set; } = TaskRecovery.Rerun;

    /// <summary>Whether what it did is done, and cannot be taken back.</summary>
    public bool IsTooLate { get; set; }

    /// <summary>How often undoing fails before it succeeds.</summary>
    public int UndoFails { get; set; }

    public List<Guid> Ran { get; } = [];

    public List<Guid> Recovered { get; } = [];

    public List<(Guid Task, string Reason)> Undone { get; } = [];

    public Task Begun => _begun.Task.WaitAsync(TimeSpan.FromSeconds(30), TaskWorld.Ct);

    public Task RunAsync(TaskContext task, CancellationToken ct)
    {
        lock (Ran)
            Ran.Add(task.Task.Id);
        _begun.TrySetResult();
        return run(task, ct);
    }

    public Task<TaskRecovery> RecoverAsync(TaskRecord task, CancellationToken ct)
    {
        Recovered.Add(task.Id);
        return Task.FromResult(Recovery);
    }

    public Task<bool> TryUndoAsync(TaskRecord task, string reason)
    {
        if (UndoFails-- > 0)
            throw new IOException("No space left on device");
        Undone.Add((task.Id, reason));
        return Task.FromResult(!IsTooLate);
    }
}
