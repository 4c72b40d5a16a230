using Tintype.Platform;

namespace Tintype.Server.Demo;

internal static class DemoSetup
{
    /// <summary>Added after the rooms that the demo cloud is made of, and before the tasks run.</summary>
    public static IServiceCollection AddDemoCloud(this IServiceCollection services)
    {
        services.AddMigrations(typeof(DemoSetup).Assembly);
        services.AddSingleton<CloudsFile>();
        services.AddSingleton<DemoPieces>();
        services.AddSingleton<DemoCloud>();
        services.AddHostedService(provider => provider.GetRequiredService<DemoCloud>());
        return services;
    }
}
