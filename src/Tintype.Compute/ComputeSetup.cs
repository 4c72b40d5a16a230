using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Compute.Api;
using Tintype.Compute.Bases;
using Tintype.Compute.ConfigDrive;
using Tintype.Compute.Flavors;
using Tintype.Compute.Guests;
using Tintype.Compute.Hosts;
using Tintype.Compute.Keypairs;
using Tintype.Compute.Servers;
using Tintype.Compute.Servers.Actions;
using Tintype.Compute.Servers.Create;
using Tintype.Compute.Servers.Life;
using Tintype.Platform;
using Tintype.Platform.Http.Browsers;
using Tintype.Platform.Database;
using Tintype.Platform.Tasks;
using Tintype.Qemu.Nbd;

namespace Tintype.Compute;

/// <summary>The compute room: OpenStack's Nova, as far as one host needs it, over QEMU.</summary>
public static class ComputeSetup
{
    public static IServiceCollection AddCompute(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddMigrations(typeof(ComputeSetup).Assembly);
        services.AddFaultDialect(new NovaFaultDialect());
        services.AddBrowserFace(new BrowserFace(ComputeApi.Root, ["GET", "PUT", "POST", "DELETE", "PATCH"],
            ["X-Auth-Token", "X-Openstack-Request-Id", "X-Identity-Status", "X-Roles", "X-Service-Catalog", "X-User-Id", "X-Tenant-Id", "X-OpenStack-Nova-API-Version", "OpenStack-API-Version"],
            ["X-Auth-Token", "X-Openstack-Request-Id", "X-Subject-Token", "X-Service-Token", "X-OpenStack-Nova-API-Version", "OpenStack-API-Version"]));
        services.AddOptions<ComputeOptions>().Bind(configuration.GetSection("Compute")).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(p => new FlavorCatalog(
            new FlavorRepository(p.GetRequiredService<MetadataDatabase>()), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<KeypairRepository>();
        AddGuests(services);
        AddServers(services);
        services.AddServerBases(configuration);
        AddServerActions(services);
        return services;
    }

    private static void AddGuests(IServiceCollection services)
    {
        services.AddSingleton<IHostMemory, HostMemory>();
        services.AddSingleton<GuestAdmission>();
        services.AddSingleton<IGuestAdmission>(p => p.GetRequiredService<GuestAdmission>());
        services.AddSingleton<IsolationUids>();
        services.AddSingleton<IGuestHost, GuestHost>();
        services.AddSingleton<GuestDirectories>();
        services.AddSingleton<GuestSpecs>();
        services.AddSingleton<INbdExports, StoredExports>();
        services.AddSingleton<DiskFill>();
        services.AddSingleton<GuestSupervisor>();
        services.AddSingleton<GuestPower>();
        services.AddSingleton<ConfigDriveWriter>();
    }

    private static void AddServers(IServiceCollection services)
    {
        services.AddSingleton<ServerRepository>();
        services.AddSingleton<ServerActionRepository>();
        services.AddSingleton<IServerCatalog, ServerCatalog>();
        services.AddSingleton<ServerLookup>();
        services.AddSingleton<ServerCreation>();
        services.AddSingleton<ServerTaskStart>();
        services.AddSingleton<ServerOperations>();
        services.AddSingleton<ITaskHandler, BuildTask>();
        services.AddSingleton<ITaskHandler, StartTask>();
        services.AddSingleton<ITaskHandler, StopTask>();
        services.AddSingleton<ITaskHandler, RebootTask>();
        services.AddSingleton<ITaskHandler, DeleteTask>();
        services.AddHostedService<ServerRecovery>();
    }

    private static void AddServerActions(IServiceCollection services)
    {
        services.AddSingleton<IServerAction, StartAction>();
        services.AddSingleton<IServerAction, StopAction>();
        services.AddSingleton<IServerAction, RebootAction>();
        services.AddSingleton<IServerAction, LockAction>();
        services.AddSingleton<IServerAction, UnlockAction>();
        services.AddSingleton<IServerAction, ResetStateAction>();
        services.AddSingleton<IServerAction, ConsoleOutputAction>();
    }

    public static void MapCompute(this IEndpointRouteBuilder routes)
    {
        VersionEndpoints.Map(routes);
        var compute = routes.MapGroup(ComputeApi.Path).WithMetadata(ComputeApi.Versions);
        compute.AddEndpointFilter((invocation, next) =>
        {
            ComputeApi.WriteRequestId(invocation.HttpContext);
            return next(invocation);
        });
        FlavorEndpoints.Map(compute);
        KeypairEndpoints.Map(compute);
        ServerEndpoints.Map(compute);
        ServerDetailEndpoints.Map(compute);
        ServerActionEndpoint.Map(compute);
        InstanceActionEndpoints.Map(compute);
    }
}
