using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace Tintype.Platform.Database;

/// <summary>
/// A connection that keeps its statements: what has run once on it is not parsed and planned again, which for the longer queries costs
/// more than running them. For one user at a time.
/// </summary>
internal sealed class StatementConnection(SqliteConnection inner) : DbConnection
{
    // Lists have as many texts as users think of filters.
    private const int MaximumKept = 200;

    private readonly Dictionary<string, SqliteCommand> _kept = new(StringComparer.Ordinal);

    [AllowNull]
    public override string ConnectionString
    {
        get => inner.ConnectionString;
        set => throw new NotSupportedException();
    }

    public override string Database => inner.Database;

    public override string DataSource => inner.DataSource;

    public override string ServerVersion => inner.ServerVersion;

    public override ConnectionState State => inner.State;

    /// <summary>BEGIN IMMEDIATE: a transaction that reads first and writes later cannot fail halfway for the lock.</summary>
    public SqliteTransaction BeginImmediate() => inner.BeginTransaction(IsolationLevel.Serializable, deferred: false);

    public override void ChangeDatabase(string databaseName) => throw new NotSupportedException();

    public override void Open() => inner.Open();

    public override void Close() => inner.Close();

    /// <summary>A statement for this text that nobody uses.</summary>
    internal SqliteCommand Take(string text)
    {
        if (_kept.Remove(text, out var command))
            return command;
        command = inner.CreateCommand();
        command.CommandText = text;
        return command;
    }

    /// <summary>The statement may be used for other parameters.</summary>
    internal void Give(SqliteCommand command)
    {
        command.Parameters.Clear();
        command.Transaction = null;
        // Starting over is as good as any order of eviction for what refills itself.
        if (_kept.Count >= MaximumKept)
            Forget();
        // Two of the same text were in use at once.
        if (!_kept.TryAdd(command.CommandText, command))
            command.Dispose();
    }

    protected override DbCommand CreateDbCommand() => new StatementCommand(this);

    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => inner.BeginTransaction(isolationLevel);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Forget();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Forget()
    {
        foreach (var command in _kept.Values)
            command.Dispose();
        _kept.Clear();
    }
}
