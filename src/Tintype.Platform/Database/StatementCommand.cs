using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace Tintype.Platform.Database;

/// <summary>A command that borrows the statement of its text from the connection, and gives it back when it is disposed.</summary>
internal sealed class StatementCommand(StatementConnection connection) : DbCommand
{
    private SqliteCommand? _inner;
    private bool _altered;

    [AllowNull]
    public override string CommandText
    {
        get => _inner?.CommandText ?? "";
        set
        {
            if (_inner is null)
            {
                _inner = connection.Take(value ?? "");
                return;
            }

            // A list among the parameters is spelt out in the text after they have been added: such a text has a length of its own, and is not kept.
            _inner.CommandText = value;
            _altered = true;
        }
    }

    /// <summary>Seconds. Waiting for a lock is limited by the connection; a statement itself is not.</summary>
    public override int CommandTimeout { get; set; }

    public override CommandType CommandType
    {
        get => CommandType.Text;
        set
        {
            if (value != CommandType.Text)
                throw new NotSupportedException($"SQLite knows statements only, not {value}.");
        }
    }

    public override bool DesignTimeVisible { get; set; }

    public override UpdateRowSource UpdatedRowSource { get; set; }

    protected override DbConnection? DbConnection
    {
        get => connection;
        set => throw new NotSupportedException();
    }

    protected override DbParameterCollection DbParameterCollection => Inner.Parameters;

    protected override DbTransaction? DbTransaction { get; set; }

    private SqliteCommand Inner => _inner ??= connection.Take("");

    public override void Cancel() => Inner.Cancel();

    public override int ExecuteNonQuery() => Ready().ExecuteNonQuery();

    public override object? ExecuteScalar() => Ready().ExecuteScalar();

    public override void Prepare() => Ready().Prepare();

    protected override DbParameter CreateDbParameter() => new SqliteParameter();

    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) => Ready().ExecuteReader(behavior);

    protected override void Dispose(bool disposing)
    {
        if (disposing && _inner is { } used)
        {
            _inner = null;
            if (_altered)
                used.Dispose();
            else
                connection.Give(used);
        }

        base.Dispose(disposing);
    }

    private SqliteCommand Ready()
    {
        Inner.Transaction = (SqliteTransaction?)DbTransaction;
        return Inner;
    }
}
