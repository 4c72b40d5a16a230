using Dapper;
using Microsoft.Data.Sqlite;
using Tintype.Platform.Database;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.Tests.Platform.Database;

/// <summary>Statements are used again with other parameters, and nobody notices.</summary>
public sealed class MetadataDatabaseTests : IAsyncLifetime
{
    private const string Find = "SELECT name FROM things WHERE id = @id";

    private readonly TemporaryDirectory _directory = new();
    private MetadataDatabase _database = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = new MetadataDatabase(_directory.Combine("test.db"));
        await _database.WriteAsync(scope => scope.ExecuteAsync("""
            CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
            INSERT INTO things VALUES (1, 'one'), (2, 'two'), (3, NULL);
            """), Ct);
    }

    public ValueTask DisposeAsync()
    {
        _database.Dispose();
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_statement_sees_the_parameters_of_its_call_and_no_others()
    {
        Assert.Equal("one", await NameAsync(1));
        Assert.Equal("two", await NameAsync(2));
        Assert.Null(await NameAsync(3));
        Assert.Equal("one", await NameAsync(1));
        // The parameter of the calls before is not still there.
        await Assert.ThrowsAsync<InvalidOperationException>(() => _database.ReadAsync(db => db.QuerySingleAsync<string?>(Find), Ct));
        Assert.Equal("two", await NameAsync(2));
    }

    [Fact]
    public async Task A_list_among_the_parameters_may_have_any_length()
    {
        foreach (var ids in (long[][])[[1, 2], [1], [], [3, 2, 1], [2, 1]])
        {
            var found = await _database.ReadAsync(db => db.QueryAsync<long>("SELECT id FROM things WHERE id IN @ids AND id < @below ORDER BY id", new { ids, below = 9 }), Ct);
            Assert.Equal(ids.Order(), found);
        }
    }

    [Fact]
    public async Task The_same_statement_may_run_within_itself()
    {
        var names = await _database.ReadAsync(async db =>
        {
            var found = new List<string?>();
            foreach (var id in db.Query<long>("SELECT id FROM things WHERE id > @after ORDER BY id", new { after = 0 }, buffered: false))
                found.AddRange(db.Query<string?>("SELECT name FROM things WHERE id > @after ORDER BY id", new { after = id }, buffered: false).Append(await db.QuerySingleAsync<string?>(Find, new { id })));
            return found;
        }, Ct);

        Assert.Equal(["two", null, "one", null, "two", null], names);
    }

    [Fact]
    public async Task A_schema_that_changes_is_seen_by_statements_that_were_there_before()
    {
        Assert.Equal(3, await CountAsync());
        await _database.WriteAsync(scope => scope.ExecuteAsync("ALTER TABLE things ADD COLUMN size INTEGER; CREATE INDEX things_by_size ON things (size); INSERT INTO things VALUES (4, 'four', 4)"), Ct);

        Assert.Equal(4, await CountAsync());
    }

    [Fact]
    public async Task What_a_failed_write_has_done_is_undone_and_the_next_one_goes_on()
    {
        await Assert.ThrowsAsync<SqliteException>(() => _database.WriteAsync(async scope =>
        {
            await scope.ExecuteAsync("INSERT INTO things VALUES (@id, @name)", new { id = 5, name = "five" });
            await scope.ExecuteAsync("INSERT INTO things VALUES (@id, @name)", new { id = 6, name = "one" });
        }, Ct));
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => _database.WriteAsync(async scope =>
        {
            await scope.ExecuteAsync("INSERT INTO things VALUES (@id, @name)", new { id = 7, name = "seven" });
            throw new TimeZoneNotFoundException("any other");
        }, Ct));
        await _database.WriteAsync(scope => scope.ExecuteAsync("INSERT INTO things VALUES (@id, @name)", new { id = 8, name = "eight" }), Ct);

        Assert.Equal(["one", "two", null, "eight"], await _database.ReadAsync(db => db.QueryAsync<string?>("SELECT name FROM things ORDER BY id"), Ct));
    }

    [Fact]
    public async Task Reads_at_once_do_not_disturb_each_other()
    {
        var names = await Task.WhenAll(Enumerable.Range(0, 400).Select(i => Task.Run(() => NameAsync((i % 2) + 1), Ct)));

        Assert.Equal(Enumerable.Range(0, 400).Select(i => i % 2 == 0 ? "one" : "two"), names);
    }

    [Fact]
    public async Task A_write_that_runs_at_the_end_is_finished_and_those_that_wait_for_it_are_refused()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var mayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = _database.WriteAsync(async scope =>
        {
            begun.SetResult();
            await mayEnd.Task;
            await scope.ExecuteAsync("INSERT INTO things VALUES (9, 'nine')");
        }, Ct);
        await begun.Task;
        var disposal = Task.Factory.StartNew(_database.Dispose, Ct, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var waiting = _database.WriteAsync(scope => scope.ExecuteAsync("INSERT INTO things VALUES (10, 'ten')"), Ct);

        mayEnd.SetResult();
        await running;
        await disposal;
        // It may have had its turn before the end, in which case it is there.
        var refused = await Record.ExceptionAsync(() => waiting) is ObjectDisposedException;

        await Assert.ThrowsAsync<ObjectDisposedException>(() => _database.WriteAsync(scope => scope.ExecuteAsync("DELETE FROM things"), Ct));
        _database = new MetadataDatabase(_database.Path);
        Assert.Equal(refused ? 4 : 5, await CountAsync());
        Assert.Equal("nine", await NameAsync(9));
    }

    private Task<string?> NameAsync(long id) => _database.ReadAsync(db => db.QuerySingleAsync<string?>(Find, new { id }), Ct);

    private Task<long> CountAsync() => _database.ReadAsync(db => db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM things"), Ct);
}
