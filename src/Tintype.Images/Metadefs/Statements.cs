using System.Data;
using Dapper;
using Tintype.Platform.Database;

namespace Tintype.Images.Metadefs;

/// <summary>SQL for a read or within a write, alike: most of what a write does is to look first.</summary>
internal readonly record struct Statements(IDbConnection Connection, IDbTransaction? Transaction)
{
    public static Statements Of(WriteScope scope) => new(scope.Connection, scope.Transaction);

    public static Statements Of(IDbConnection connection) => new(connection, null);

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters = null) =>
        [.. await Connection.QueryAsync<T>(sql, parameters, Transaction)];

    public Task<T?> SingleOrDefaultAsync<T>(string sql, object? parameters = null) => Connection.QuerySingleOrDefaultAsync<T>(sql, parameters, Transaction);

    public Task<T?> ScalarAsync<T>(string sql, object? parameters = null) => Connection.ExecuteScalarAsync<T>(sql, parameters, Transaction);

    public Task<int> ExecuteAsync(string sql, object? parameters = null) => Connection.ExecuteAsync(sql, parameters, Transaction);
}
