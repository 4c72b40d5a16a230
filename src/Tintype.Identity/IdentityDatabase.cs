using System.Data;
using Tintype.Identity.Tokens;
using Tintype.Platform.Database;

namespace Tintype.Identity;

/// <summary>
/// The way of all of Identity's reads and writes. A write makes the remembered tokens forgotten, whatever it is about: with users, projects,
/// roles and assignments all deciding what a token means, an exception for a harmless one would be an invitation to get it wrong.
/// </summary>
internal sealed class IdentityDatabase(MetadataDatabase database, TokenCache tokens)
{
    public Task<T> ReadAsync<T>(Func<IDbConnection, Task<T>> read, CancellationToken ct) => database.ReadAsync(read, ct);

    /// <summary>One transaction, durable on return; from then on, no token is taken for what it was before.</summary>
    public Task<T> WriteAsync<T>(Func<WriteScope, Task<T>> write, CancellationToken ct) => database.WriteAsync(scope =>
    {
        scope.AfterCommit(tokens.Forget);
        return write(scope);
    }, ct);

    public Task WriteAsync(Func<WriteScope, Task> write, CancellationToken ct) => WriteAsync(async scope =>
    {
        await write(scope);
        return true;
    }, ct);

    /// <summary>For the two writes that are so frequent, and change no token that is good: new tokens, and the removal of expired ones.</summary>
    public Task<T> WriteKeepingTokensAsync<T>(Func<WriteScope, Task<T>> write, CancellationToken ct) => database.WriteAsync(write, ct);
}
