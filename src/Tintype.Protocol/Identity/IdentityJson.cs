using System.Text.Json.Serialization;

namespace Tintype.Protocol.Identity;

/// <summary>Where a resource or a list is; lists are never cut into pages here.</summary>
public sealed record Links(string? Next, string Self, string? Previous);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(AuthRequest))]
[JsonSerializable(typeof(AuthScope))]
[JsonSerializable(typeof(TokenDocument))]
[JsonSerializable(typeof(CatalogDocument))]
[JsonSerializable(typeof(VersionList))]
[JsonSerializable(typeof(VersionDocument))]
[JsonSerializable(typeof(DomainDocument))]
[JsonSerializable(typeof(DomainList))]
[JsonSerializable(typeof(ProjectRequest))]
[JsonSerializable(typeof(ProjectDocument))]
[JsonSerializable(typeof(ProjectList))]
[JsonSerializable(typeof(UserRequest))]
[JsonSerializable(typeof(UserDocument))]
[JsonSerializable(typeof(UserList))]
[JsonSerializable(typeof(RoleRequest))]
[JsonSerializable(typeof(RoleDocument))]
[JsonSerializable(typeof(RoleList))]
[JsonSerializable(typeof(RoleAssignmentList))]
public sealed partial class IdentityJson : JsonSerializerContext;
