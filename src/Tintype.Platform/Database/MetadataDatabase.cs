using System.Collections.Concurrent;
using System.Data;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Tintype.Platform.Database;

/// <summary>
/// The metadata in SQLite: many readers, one writer. Commits are durable when they return (WAL, synchronous=FULL):
/// the answer to a request may rely on them.
/// </summary>
public sealed class MetadataDatabase : IDisposable
{
    /// <summary>Reads at once are as many as threads run; each connection keeps up to 2 MiB of the database in memory.</summary>
    private const int MaximumIdle = 8;

    private readonly string _connectionString;
    private readonly SemaphoreSlim _writer = new(1, 1);
    // The one that was used last comes first: its cache is the warmest.
    private readonly ConcurrentStack<StatementConnection> _idle = new();
    private StatementConnection? _writing;
    private volatile bool _disposed;

    static MetadataDatabase()
    {
        Batteries_V2.Init();
        // A connection is one user's at a time: SQLite need not lock it at each call, nor count its memory under a lock of the whole
        // process. It listens to this before its first connection only.
        raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD);
        raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
    }

    /// <exception cref="IOException">The file cannot be made or opened.</exception>
    public MetadataDatabase(string path)
    {
        KeepPrivate(path);
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            ForeignKeys = true,
            DefaultTimeout = 30,
        }.ToString();
        Path = path;
    }

    public string Path { get; }

    /// <summary>Runs a read on a connection of its own. It sees the newest committed state.</summary>
    public async Task<T> ReadAsync<T>(Func<IDbConnection, Task<T>> read, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var connection = _idle.TryPop(out var idle) ? idle : Connect();
        var usable = true;
        try
        {
            return await read(connection);
        }
        catch (SqliteException)
        {
            usable = false;
            throw;
        }
        finally
        {
            if (usable)
                Return(connection);
            else
                connection.Dispose();
        }
    }

    /// <summary>
    /// Runs <paramref name="write"/> in one transaction, alone among writers, and commits it when it returns.
    /// Actions given to <see cref="WriteScope.AfterCommit"/> run once the data is durable.
    /// Must not be nested: a write within a write waits for itself.
    /// </summary>
    public async Task<T> WriteAsync<T>(Func<WriteScope, Task<T>> write, CancellationToken ct)
    {
        WriteScope scope;
        T result;
        await _writer.WaitAsync(ct);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _writing ??= Connect();
            await using var transaction = _writing.BeginImmediate();
            scope = new WriteScope(_writing, transaction);
            result = await write(scope);
            await transaction.CommitAsync(CancellationToken.None);
        }
        catch (SqliteException)
        {
            // Nobody knows what state the connection is in: the next one begins with a new one.
            _writing?.Dispose();
            _writing = null;
            throw;
        }
        finally
        {
            _writer.Release();
        }

        scope.Committed();
        return result;
    }

    public Task WriteAsync(Func<WriteScope, Task> write, CancellationToken ct) => WriteAsync(async scope =>
    {
        await write(scope);
        return true;
    }, ct);

    // The directory can be passed through by the users that guests run as. SQLite gives its side files the mode of the database.
    private static void KeepPrivate(string path)
    {
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (File.Open(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite, UnixCreateMode = OwnerOnly }))
        {
            // Made, if it was not there.
        }

        File.SetUnixFileMode(path, OwnerOnly);
    }

    internal SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        Configure(connection);
        return connection;
    }

    private StatementConnection Connect() => new(Open());

    private void Return(StatementConnection connection)
    {
        if (_disposed || _idle.Count >= MaximumIdle)
            connection.Dispose();
        else
            _idle.Push(connection);
    }

    private static void Configure(SqliteConnection connection)
    {
        using var pragma = connection.CreateCommand();
        pragma.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=30000;";
        pragma.ExecuteNonQuery();
    }

    /// <summary>Waits for the write that runs. Those that wait for it, and later ones, end with <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _writer.Wait();
        _disposed = true;
        _writing?.Dispose();
        _writing = null;
        // Not disposed: who waits for it must still be answered.
        _writer.Release();
        while (_idle.TryPop(out var connection))
            connection.Dispose();
    }
}
