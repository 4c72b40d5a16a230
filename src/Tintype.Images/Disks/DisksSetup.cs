using Microsoft.Extensions.DependencyInjection;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Disks;

internal static class DisksSetup
{
    public static IServiceCollection AddImageDisks(this IServiceCollection services)
    {
        services.AddSingleton<IDiskImages, DiskImages>();
        services.AddSingleton<ITaskHandler, HashTask>();
        return services;
    }
}
