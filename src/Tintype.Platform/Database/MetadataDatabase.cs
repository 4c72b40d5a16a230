using System.Data;
using Microsoft.Data.Sqlite;

namespace Tintype.Platform.Database;

/// <summary>
/// The metadata in SQLite: many readers, one writer. Commits are durable when they return (WAL, synchronous=FULL):
/// the answer to a request may rely on them.
/// </summary>
public sealed class MetadataDatabase : IDisposable
{
    private readonly string _connectionString;
    private readonly SemaphoreSlim _writer = new(1, 1);

    /// <exception cref="IOException">The file cannot be made or opened.</exception>
    public MetadataDatabase(string path)
    {
        KeepPrivate(path);
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = true,
            ForeignKeys = true,
            DefaultTimeout = 30,
        }.ToString();
        Path = path;
    }

    public string Path { get; }

    /// <summary>Runs a read on a connection of its own. It sees the newest committed state.</summary>
    public async Task<T> ReadAsync<T>(Func<IDbConnection, Task<T>> read, CancellationToken ct)
    {
        await using var connection = await OpenAsync(ct);
        return await read(connection);
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
            await using var connection = await OpenAsync(ct);
            // BEGIN IMMEDIATE: a transaction that reads first and writes later cannot fail halfway for the lock.
            await using var transaction = connection.BeginTransaction(IsolationLevel.Serializable, deferred: false);
            scope = new WriteScope(connection, transaction);
            result = await write(scope);
            await transaction.CommitAsync(CancellationToken.None);
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

    private async Task<SqliteConnection> OpenAsync(CancellationToken ct)
    {
        var connection = new SqliteConnection(_connectionString);
        await connection.OpenAsync(ct);
        Configure(connection);
        return connection;
    }

    private static void Configure(SqliteConnection connection)
    {
        using var pragma = connection.CreateCommand();
        pragma.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=30000;";
        pragma.ExecuteNonQuery();
    }

    public void Dispose()
    {
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
        _writer.Dispose();
    }
}
