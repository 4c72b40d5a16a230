using Tintype.Compute;
using Tintype.Identity;
using Tintype.Images;
using Tintype.Platform;
using Tintype.Server;
using Tintype.Server.Demo;
using Tintype.Snapshots;

var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
var settings = ServerSettings.Load(builder, args);

builder.WebHost.ConfigureKestrel(settings.ConfigureKestrel);
builder.Services.AddPlatform(settings.DataDirectory);
builder.Services.AddIdentity(builder.Configuration);
builder.Services.AddImages(builder.Configuration);
builder.Services.AddCompute(builder.Configuration);
builder.Services.AddSnapshots(builder.Configuration);
builder.Services.AddSingleton(settings);
builder.Services.AddDemoCloud();
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
await app.AnnounceAsync(settings);
await app.WaitForShutdownAsync();
