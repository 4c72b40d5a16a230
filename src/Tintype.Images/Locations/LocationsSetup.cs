using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Locations;

internal static class LocationsSetup
{
    public static IServiceCollection AddImageLocations(this IServiceCollection services)
    {
        services.AddOptions<LocationOptions>().BindConfiguration("Images").ValidateOnStart();
        services.AddSingleton<LocationRepository>();
        services.AddSingleton<LocationProbe>();
        services.AddSingleton<LocationChanges>();
        services.AddSingleton<LocationViews>();
        services.AddSingleton<LocationImports>();
        services.AddSingleton<ITaskHandler, LocationTask>();
        return services;
    }

    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void MapImageLocations(this IEndpointRouteBuilder api) => LocationEndpoints.Map(api);
}
