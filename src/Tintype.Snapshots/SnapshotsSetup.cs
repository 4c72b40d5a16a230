using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Platform;

namespace Tintype.Snapshots;

public static class SnapshotsSetup
{
    public static IServiceCollection AddSnapshots(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddMigrations(typeof(SnapshotsSetup).Assembly);
        return services;
    }

    public static void MapSnapshots(this IEndpointRouteBuilder routes)
    {
    }
}
