using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Platform.Tasks;

namespace Tintype.Compute.Bases;

internal static class BasesSetup
{
    public static IServiceCollection AddServerBases(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<BaseOptions>().Bind(configuration.GetSection(BaseOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<CheckpointRepository>();
        services.AddSingleton<ServerBases>();
        services.AddSingleton<IServerBases>(provider => provider.GetRequiredService<ServerBases>());
        services.AddSingleton<ITaskHandler, BaseTask>();
        return services;
    }
}
