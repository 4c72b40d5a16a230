using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tintype.Compute.Bases;
using Tintype.Compute.Servers;
using Tintype.Images.Disks;
using Tintype.Images.Import.Preparation;
using Tintype.Platform;
using Tintype.Platform.Tasks;
using Tintype.Snapshots.Capture;
using Tintype.Snapshots.Conversion;
using Tintype.Snapshots.Preflight;
using Tintype.Snapshots.Verification;

namespace Tintype.Snapshots;

/// <summary>The room that makes images of servers, and tries out whether images boot.</summary>
public static class SnapshotsSetup
{
    public static IServiceCollection AddSnapshots(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddMigrations(typeof(SnapshotsSetup).Assembly);
        AddCapture(services, configuration);
        services.AddSingleton<IImageConversion, ImageConversion>();
        AddVerification(services, configuration);
        return services;
    }

    public static void MapSnapshots(this IEndpointRouteBuilder routes) => VerificationEndpoints.Map(routes);

    private static void AddCapture(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<CaptureOptions>().Bind(configuration.GetSection(CaptureOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<SnapshotRepository>();
        services.AddSingleton<SnapshotPreflight>();
        services.AddSingleton<SnapshotRequests>();
        services.AddSingleton<IServerAction, CreateImageAction>();
        services.AddSingleton<IThawWatchdog, WatchdogProcess>();
        services.AddSingleton<IDiskFleece, QemuFleece>();
        services.AddSingleton<FreezeWindow>();
        services.AddSingleton<LiveCapture>();
        services.AddSingleton(provider => new SealStep(provider.GetRequiredService<IDiskImages>(), provider.GetRequiredService<IServerBases>(),
            new Bandwidth(provider.GetRequiredService<IOptions<CaptureOptions>>().Value.BytesPerSecond, provider.GetRequiredService<TimeProvider>())));
        services.AddSingleton<InterruptedCapture>();
        services.AddSingleton<SnapshotPipeline>();
        services.AddSingleton<ITaskHandler, SnapshotTask>();
        services.AddHostedService<UnqueuedSnapshots>();
    }

    private static void AddVerification(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<VerificationOptions>().Bind(configuration.GetSection(VerificationOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<VerificationRepository>();
        services.AddSingleton<EvidenceFolder>();
        services.AddSingleton<Verifications>();
        services.AddSingleton<BootWatch>();
        services.AddSingleton<TrialBoot>();
        services.AddSingleton<ITaskHandler, VerificationTask>();
        services.AddSingleton<EvidenceSweep>();
        services.AddHostedService(provider => provider.GetRequiredService<EvidenceSweep>());
    }
}
