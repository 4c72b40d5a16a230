using System.Data;
using Dapper;

namespace Tintype.Platform.Database;

/// <summary>One write transaction: its statements, and what is to happen once it is durable.</summary>
public sealed class WriteScope
{
    private readonly List<Action> _afterCommit = [];

    internal WriteScope(IDbConnection connection, IDbTransaction transaction)
    {
        Connection = connection;
        Transaction = transaction;
    }

    public IDbConnection Connection { get; }

    public IDbTransaction Transaction { get; }

    /// <returns>The number of rows changed.</returns>
    public Task<int> ExecuteAsync(string sql, object? parameters = null) => Connection.ExecuteAsync(sql, parameters, Transaction);

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters = null) =>
        [.. await Connection.QueryAsync<T>(sql, parameters, Transaction)];

    public Task<T?> SingleOrDefaultAsync<T>(string sql, object? parameters = null) =>
        Connection.QuerySingleOrDefaultAsync<T>(sql, parameters, Transaction);

    /// <summary>Runs after the commit, in order; never if the transaction is rolled back. Must not throw.</summary>
    public void AfterCommit(Action action) => _afterCommit.Add(action);

    internal void Committed()
    {
        foreach (var action in _afterCommit)
            action();
    }
}
