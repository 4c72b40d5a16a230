using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tintype.Identity.Passwords;
using Tintype.Identity.Projects;
using Tintype.Identity.Roles;
using Tintype.Identity.Users;
using Tintype.Platform.Http;

namespace Tintype.Identity.Tokens;

/// <summary>Turns a sign-in into a token. Whatever is wrong with it, the answer is the same 401: it tells a guesser nothing.</summary>
internal sealed class TokenIssuer(
    UserRepository users, ProjectRepository projects, RoleRepository roles, TokenRepository tokens, PasswordHasher passwords,
    TimeProvider time, IOptions<IdentityOptions> options, ILogger<TokenIssuer> log)
{
    /// <returns>The token's text, which is kept nowhere, and what it stands for.</returns>
    public async Task<(string Secret, TokenRecord Token)> IssueAsync(SignIn signIn, CancellationToken ct)
    {
        var account = signIn.Password is { } given ? await CheckPasswordAsync(given.User, given.Password, ct) : null;
        var parent = signIn.Token is { } text ? await CheckTokenAsync(text, ct) : null;
        if (account is not null && parent is not null && account.Id != parent.User.Id)
            throw Refused(account.Id, "the password and the token are of different users");
        var userId = account?.Id ?? parent!.User.Id;

        var projectId = await ResolveScopeAsync(signIn.Scope, userId, account?.DefaultProjectId, ct);
        var secret = TokenSecret.New();
        var now = time.GetUtcNow();
        var token = new NewToken(TokenSecret.HashOf(secret), userId, projectId,
            [.. signIn.Methods.Union(parent?.Methods ?? [])],
            // The last audit id is that of the first of a chain of tokens, which ties them together in the logs.
            parent is null ? [TokenSecret.NewAuditId()] : [TokenSecret.NewAuditId(), parent.AuditIds[^1]],
            now,
            // A token got by a token lives no longer than that one: otherwise a stolen one could be renewed for ever.
            parent?.ExpiresAt ?? now + options.Value.TokenLifetime,
            account?.PasswordHash, parent?.Hash);
        if (!await tokens.InsertAsync(token, ct))
            throw Refused(userId, "what proved the user was changed or revoked meanwhile");
        return (secret, await tokens.FindValidAsync(token.Hash, ct) ?? throw Refused(userId, "the token was revoked at once"));
    }

    private async Task<Account> CheckPasswordAsync(Identified user, string password, CancellationToken ct)
    {
        var account = await users.FindAccountAsync(user, ct);
        var matches = await passwords.VerifyAsync(password, account?.PasswordHash, ct);
        if (account is null || !matches)
            throw Refused(account?.Id ?? "unknown", "no such user, or another password");
        return account.Enabled ? account : throw Refused(account.Id, "the user is disabled");
    }

    private async Task<TokenRecord> CheckTokenAsync(string text, CancellationToken ct) =>
        await tokens.FindValidAsync(TokenSecret.HashOf(text), ct) ?? throw Refused("unknown", "the token is not valid");

    /// <returns>The project's id; null for an unscoped token.</returns>
    private async Task<string?> ResolveScopeAsync(SignInScope scope, string userId, string? defaultProjectId, CancellationToken ct)
    {
        if (scope.Project is { } wanted)
        {
            var project = await projects.FindAsync(wanted, ct);
            if (project is null || !project.Enabled || (await roles.EffectiveAsync(userId, project.Id, ct)).Count == 0)
                throw Refused(userId, "no such project, or no role on it");
            return project.Id;
        }

        // A default project that the user cannot use any more is passed over, as Keystone does.
        return !scope.IsExplicit && defaultProjectId is not null
            && await projects.FindAsync(defaultProjectId, ct) is { Enabled: true }
            && (await roles.EffectiveAsync(userId, defaultProjectId, ct)).Count > 0
            ? defaultProjectId : null;
    }

    private Fault Refused(string userId, string why)
    {
        IdentityLog.SignInRefused(log, userId, why);
        return Fault.Unauthorized();
    }
}
