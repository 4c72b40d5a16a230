using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tintype.Protocol.Identity;

/// <summary>The body of <c>POST /v3/auth/tokens</c>. What is missing is null; the reader of the request says so.</summary>
public sealed record AuthRequest(AuthRequestBody? Auth);

/// <param name="Scope">An object with <c>project</c>, <c>domain</c>, <c>system</c> or <c>unscoped</c>, or the string "unscoped".</param>
public sealed record AuthRequestBody(AuthIdentity? Identity, JsonElement? Scope);

public sealed record AuthIdentity(IReadOnlyList<string>? Methods, PasswordMethod? Password, TokenMethod? Token);

public sealed record PasswordMethod(PasswordUser? User);

public sealed record PasswordUser(string? Id, string? Name, AuthDomain? Domain, string? Password);

public sealed record TokenMethod(string? Id);

public sealed record AuthScope(AuthProject? Project);

public sealed record AuthProject(string? Id, string? Name, AuthDomain? Domain);

public sealed record AuthDomain(string? Id, string? Name);

/// <summary>A token as its holder sees it. The token's own text is in the <c>X-Subject-Token</c> header.</summary>
public sealed record TokenDocument(TokenView Token);

/// <param name="Methods">How the holder proved who they are.</param>
/// <param name="AuditIds">The token's own id for the logs, and that of the first token it came from.</param>
/// <param name="ExpiresAt">With microseconds, UTC.</param>
/// <param name="Project">Null for an unscoped token, which has neither roles nor a catalog.</param>
/// <param name="Roles">Implied ones included.</param>
public sealed record TokenView(
    IReadOnlyList<string> Methods,
    TokenUser User,
    IReadOnlyList<string> AuditIds,
    string ExpiresAt,
    string IssuedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] TokenProject? Project,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? IsDomain,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<RoleReference>? Roles,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<CatalogService>? Catalog);

public sealed record TokenUser(DomainReference Domain, string Id, string Name, string? PasswordExpiresAt);

public sealed record TokenProject(DomainReference Domain, string Id, string Name);

public sealed record DomainReference(string Id, string Name);

public sealed record RoleReference(string Id, string Name);

public sealed record CatalogService(IReadOnlyList<CatalogEndpoint> Endpoints, string Id, string Type, string Name);

/// <param name="Interface">public, internal or admin.</param>
public sealed record CatalogEndpoint(string Id, string Interface, string RegionId, string Url, string Region);

public sealed record CatalogDocument(IReadOnlyList<CatalogService> Catalog, Links Links);
