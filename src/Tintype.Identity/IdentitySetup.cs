using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Identity.Catalog;
using Tintype.Identity.Domains;
using Tintype.Identity.Passwords;
using Tintype.Identity.Projects;
using Tintype.Identity.Roles;
using Tintype.Identity.Tokens;
using Tintype.Identity.Users;
using Tintype.Platform;
using Tintype.Platform.Http;
using Tintype.Platform.Http.Browsers;

namespace Tintype.Identity;

/// <summary>Users, projects, roles and tokens, as Keystone's Identity API v3 under <c>/identity</c>.</summary>
public static class IdentitySetup
{
    public static IServiceCollection AddIdentity(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddMigrations(typeof(IdentitySetup).Assembly);
        services.AddFaultDialect(new KeystoneFaultDialect("/identity"));
        services.AddBrowserFace(new BrowserFace("/identity", ["GET", "PUT", "POST", "DELETE", "PATCH"],
            ["X-Auth-Token", "X-Openstack-Request-Id", "X-Subject-Token", "X-Project-Id", "X-Project-Name", "X-Project-Domain-Id", "X-Project-Domain-Name", "X-Domain-Id", "X-Domain-Name",
                "Openstack-Auth-Receipt"],
            ["X-Auth-Token", "X-Openstack-Request-Id", "X-Subject-Token", "Openstack-Auth-Receipt"]));
        services.AddOptions<IdentityOptions>().Bind(configuration.GetSection(IdentityOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(_ => new PasswordHasher());
        services.AddSingleton(_ => new TokenCache());
        services.AddSingleton<IdentityDatabase>();
        services.AddSingleton<DomainRepository>();
        services.AddSingleton<UserRepository>();
        services.AddSingleton<UserAdministration>();
        services.AddSingleton<ProjectRepository>();
        services.AddSingleton<RoleRepository>();
        services.AddSingleton<AssignmentRepository>();
        services.AddSingleton<TokenRepository>();
        services.AddSingleton<TokenIssuer>();
        services.AddSingleton<ITokenValidator, TokenValidator>();
        services.AddSingleton(provider => new IdentitySeed(
            provider.GetRequiredService<IdentityDatabase>(), provider.GetRequiredService<ProjectRepository>(),
            provider.GetRequiredService<UserRepository>(), provider.GetRequiredService<PasswordHasher>()));
        services.AddHostedService<ExpiredTokenCollector>();
        return services;
    }

    public static void MapIdentity(this IEndpointRouteBuilder routes)
    {
        VersionEndpoints.Map(routes);
        // Anonymous for the platform, which lets in only tokens that are scoped to a project: here the TokenHolder parameter asks for the token.
        var v3 = routes.MapGroup("/identity/v3").AllowAnonymous();
        TokenEndpoints.Map(v3);
        DomainEndpoints.Map(v3);
        ProjectEndpoints.Map(v3);
        UserEndpoints.Map(v3);
        RoleEndpoints.Map(v3);
        AssignmentEndpoints.Map(v3);
    }
}
