using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Tintype.Identity;
using Tintype.Identity.Domains;
using Tintype.Identity.Passwords;
using Tintype.Identity.Projects;
using Tintype.Identity.Roles;
using Tintype.Identity.Tokens;
using Tintype.Identity.Users;
using Tintype.Platform.Database;

namespace Tintype.Tests.Identity;

/// <summary>Identity on a database of its own and a clock that the test moves: one user, one project, and what is assigned.</summary>
internal sealed class IdentityWorld : IAsyncDisposable
{
    public const string Password = "first-password";

    private readonly string _folder = Directory.CreateTempSubdirectory("tt-identity-").FullName;
    private readonly PasswordHasher _hasher = new();
    private readonly MetadataDatabase _database;

    private IdentityWorld()
    {
        _database = new MetadataDatabase(Path.Combine(_folder, "tintype.db"));
        Migrations.Apply(_database, [new MigrationSource(typeof(IdentitySetup).Assembly)]);
        var cache = new TokenCache();
        var database = new IdentityDatabase(_database, cache);
        Users = new UserRepository(database, Time);
        Projects = new ProjectRepository(database, Time);
        Roles = new RoleRepository(database);
        Assignments = new AssignmentRepository(database);
        Tokens = new TokenRepository(database, cache, Time);
        Administration = new UserAdministration(database, Users, new DomainRepository(database), _hasher);
        Issuer = new TokenIssuer(Users, Projects, Roles, Tokens, _hasher, Time, Options.Create(new IdentityOptions()), NullLogger<TokenIssuer>.Instance);
        Seed = new IdentitySeed(database, Projects, Users, _hasher);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 20, 0, 0, TimeSpan.Zero));

    public UserRepository Users { get; }

    public ProjectRepository Projects { get; }

    public RoleRepository Roles { get; }

    public AssignmentRepository Assignments { get; }

    public TokenRepository Tokens { get; }

    public UserAdministration Administration { get; }

    public TokenIssuer Issuer { get; }

    public IdentitySeed Seed { get; }

    public string ProjectId { get; private set; } = "";

    public string UserId { get; private set; } = "";

    /// <param name="role">What the user is on the project.</param>
    public static async Task<IdentityWorld> CreateAsync(string role = "member")
    {
        var world = new IdentityWorld();
        world.ProjectId = await world.Seed.EnsureAsync("project", "", "user", Password, role, CancellationToken.None);
        world.UserId = (await world.Users.FindByNameAsync("default", "user", CancellationToken.None))!.Id;
        return world;
    }

    /// <summary>Signs in by password, scoped to the project.</summary>
    public Task<(string Secret, TokenRecord Token)> SignInAsync(string password = Password) => Issuer.IssueAsync(new SignIn(
        ["password"], (new Identified(UserId, null, null, null), password), null, ProjectScope), CancellationToken.None);

    /// <summary>Trades a token for another, scoped to the project.</summary>
    public Task<(string Secret, TokenRecord Token)> RescopeAsync(string token) =>
        Issuer.IssueAsync(new SignIn(["token"], null, token, ProjectScope), CancellationToken.None);

    public Task<TokenRecord?> FindAsync(string secret) => Tokens.FindValidAsync(TokenSecret.HashOf(secret), CancellationToken.None);

    public Task<UserRecord> ChangeUserAsync(string json) => Administration.ChangeAsync(UserId, AttributesOf(json, "user"), CancellationToken.None);

    public static Attributes AttributesOf(string json, string kind) => new(JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json), kind);

    public ValueTask DisposeAsync()
    {
        _database.Dispose();
        _hasher.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private SignInScope ProjectScope => new(new Identified(ProjectId, null, null, null), IsExplicit: true);
}
