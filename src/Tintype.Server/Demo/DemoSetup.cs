using Tintype.Platform;

namespace Tintype.Server.Demo;

internal static class DemoSetup
{
    /// <summary>Added after the rooms that the demo cloud is made of, and before the tasks run.</summary>
    public static IServiceCollection AddDemoCloud(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddMigrations(typeof(DemoSetup).Assembly);
        services.AddOptions<DemoOptions>().Bind(configuration.GetSection("Demo"));
        services.AddSingleton<CloudsFile>();
        services.AddSingleton<DemoPieces>();
        services.AddSingleton<DemoUsers>();
        services.AddSingleton<DemoFlavors>();
        services.AddSingleton<DemoImage>();
        services.AddHostedService<DemoCloud>();
        return services;
    }
}
