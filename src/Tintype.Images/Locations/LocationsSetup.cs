using Microsoft.Extensions.DependencyInjection;

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
        return services;
    }
}
