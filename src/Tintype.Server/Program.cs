using Tintype.Compute;
using Tintype.Identity;
using Tintype.Images;
using Tintype.Platform;
using Tintype.Qemu;
using Tintype.Qemu.Nbd.Sockets;
using Tintype.Server;
using Tintype.Server.Demo;
using Tintype.Snapshots;
using Tintype.Snapshots.Capture;

if (args is [ThawWatchdog.Command, ..])
    return await ThawWatchdog.RunAsync();
if (args is [SocketKeeper.Command, ..])
    return await SocketKeeper.RunAsync(args);

ServerSettings? settings = null;
var started = false;
try
{
    var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
    settings = ServerSettings.Load(builder.Configuration, args);
    builder.AddServerLogging(isStarting: () => !started);
    builder.WebHost.ConfigureKestrel(settings.ConfigureKestrel);
    builder.WebHost.UseSockets(ServerSettings.ConfigureSockets);

    builder.Services.AddSingleton(settings);
    // Clients that are still busy then are cut off, and try again; what was half-done is put right at the next start.
    builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
    builder.Services.AddPlatform(settings.DataDirectory);
    builder.Services.AddIdentity(builder.Configuration);
    builder.Services.AddImages(builder.Configuration);
    builder.Services.AddQemu(settings.DataDirectory, builder.Configuration["Demo:GuestImage"]);
    builder.Services.AddCompute(builder.Configuration);
    builder.Services.AddSnapshots(builder.Configuration);
    builder.Services.AddDemoCloud(builder.Configuration);
    builder.Services.AddTaskRunner();

    await using var app = builder.Build();
    app.UsePlatform();
    app.MapPlatform();
    app.MapHealth();
    app.MapIdentity();
    app.MapImages();
    app.MapCompute();
    app.MapSnapshots();

    await app.StartAsync();
    await app.AnnounceAsync();
    started = true;
    await app.WaitForShutdownAsync();
    // The host stops when one of its services breaks, and would call that a success.
    return app.Services.GetServices<IHostedService>().OfType<BackgroundService>().Any(s => s.ExecuteTask is { IsFaulted: true }) ? 1 : 0;
}
catch (Exception failure) when (!started)
{
    await Console.Error.WriteLineAsync(StartFailure.Describe(failure, settings));
    return 1;
}
