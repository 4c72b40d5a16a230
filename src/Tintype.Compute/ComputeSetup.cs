using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Compute.Api;
using Tintype.Compute.Flavors;
using Tintype.Compute.Guests;
using Tintype.Compute.Hosts;
using Tintype.Compute.Servers;
using Tintype.Platform;
using Tintype.Platform.Database;

namespace Tintype.Compute;

/// <summary>The compute room: OpenStack's Nova, as far as one host needs it, over QEMU.</summary>
public static class ComputeSetup
{
    public static IServiceCollection AddCompute(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddMigrations(typeof(ComputeSetup).Assembly);
        services.AddFaultDialect(new NovaFaultDialect());
        services.AddOptions<ComputeOptions>().Bind(configuration.GetSection("Compute")).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(p => new FlavorCatalog(
            new FlavorRepository(p.GetRequiredService<MetadataDatabase>()), p.GetRequiredService<TimeProvider>()));
        AddGuests(services);
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
        services.AddSingleton<GuestSupervisor>();
        services.AddSingleton<ServerRepository>();
        services.AddSingleton<ServerActionRepository>();
        services.AddSingleton<IServerCatalog, ServerCatalog>();
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
    }
}
