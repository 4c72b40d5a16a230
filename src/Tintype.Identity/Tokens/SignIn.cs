using System.Text.Json;
using Tintype.Platform.Http;
using Tintype.Protocol.Identity;

namespace Tintype.Identity.Tokens;

/// <summary>A thing given by its id, or by its name in a domain that is itself given by id or name.</summary>
internal sealed record Identified(string? Id, string? Name, string? DomainId, string? DomainName);

/// <summary>What a request to sign in says, checked for shape: whatever is needed to act on it is there.</summary>
/// <param name="Password">The user and password; null when the method is not used.</param>
/// <param name="Token">The text of the token; null when the method is not used.</param>
internal sealed record SignIn(IReadOnlyList<string> Methods, (Identified User, string Password)? Password, string? Token, SignInScope Scope)
{
    private static readonly string[] _supported = ["password", "token"];

    /// <exception cref="Fault">400: something is missing or contradictory; 401: a method that is not offered.</exception>
    public static SignIn Read(AuthRequest request)
    {
        var auth = request.Auth ?? throw Missing("auth", "the request");
        var identity = auth.Identity ?? throw Missing("identity", "'auth'");
        if (identity.Methods is not { Count: > 0 } methods)
            throw Missing("methods", "'auth.identity'");
        if (methods.Except(_supported).Any())
            throw Fault.UnsupportedAuthMethod();
        return new SignIn([.. methods.Distinct()],
            methods.Contains("password") ? ReadPassword(identity.Password) : null,
            methods.Contains("token") ? identity.Token?.Id ?? throw Missing("id", "'auth.identity.token'") : null,
            ReadScope(auth.Scope));
    }

    private static (Identified User, string Password) ReadPassword(PasswordMethod? method)
    {
        const string Where = "'auth.identity.password.user'";
        var user = method?.User ?? throw Missing("user", "'auth.identity.password'");
        return (ReadIdentified(user.Id, user.Name, user.Domain, Where), user.Password ?? throw Missing("password", Where));
    }

    private static Identified ReadIdentified(string? id, string? name, AuthDomain? domain, string where)
    {
        if (id is not null)
            return new Identified(id, null, null, null);
        if (name is null)
            throw Missing("id' or 'name", where);
        if (domain is not { Id: not null } and not { Name: not null })
            throw Missing("domain' with its 'id' or 'name", where);
        return new Identified(null, name, domain.Id, domain.Id is null ? domain.Name : null);
    }

    private static SignInScope ReadScope(JsonElement? scope)
    {
        if (scope is not { } given || given.ValueKind == JsonValueKind.Null)
            return SignInScope.Default;
        if (given.ValueKind == JsonValueKind.String && given.ValueEquals("unscoped"))
            return SignInScope.Unscoped;
        if (given.ValueKind != JsonValueKind.Object)
            throw Fault.BadRequest("'auth.scope' must be an object with 'project', or 'unscoped'.");
        if (given.TryGetProperty("unscoped", out _))
            return SignInScope.Unscoped;
        // Nobody has a role on a domain or on the system here: for Keystone that is a failed sign-in, not a malformed one.
        if (given.TryGetProperty("domain", out _) || given.TryGetProperty("system", out _) || given.TryGetProperty("OS-TRUST:trust", out _))
            throw Fault.Unauthorized();
        var project = ReadProject(given) ?? throw Missing("project", "'auth.scope'");
        return new SignInScope(ReadIdentified(project.Id, project.Name, project.Domain, "'auth.scope.project'"), IsExplicit: true);
    }

    private static AuthProject? ReadProject(JsonElement scope)
    {
        try
        {
            return scope.Deserialize(IdentityJson.Default.AuthScope)?.Project;
        }
        catch (JsonException wrong)
        {
            throw JsonBody.Misfit("'auth.scope'", wrong);
        }
    }

    private static Fault Missing(string member, string where) => Fault.BadRequest(
        $"Expecting to find '{member}' in {where}. The server could not comply with the request since it is either malformed or otherwise incorrect.");
}

/// <param name="Project">What the token is to be good for; null for none.</param>
/// <param name="IsExplicit">False: nothing was asked for, and the user's default project is taken if there is one.</param>
internal sealed record SignInScope(Identified? Project, bool IsExplicit)
{
    public static SignInScope Default { get; } = new(null, IsExplicit: false);

    public static SignInScope Unscoped { get; } = new(null, IsExplicit: true);
}
