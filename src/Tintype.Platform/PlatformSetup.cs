using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Tintype.Platform.Database;
using Tintype.Platform.Events;
using Tintype.Platform.Http;
using Tintype.Platform.Http.Browsers;
using Tintype.Platform.Tasks;

namespace Tintype.Platform;

/// <summary>What every capability stands on: the data directory, the database, tasks, faults, authentication.</summary>
public static class PlatformSetup
{
    public static IServiceCollection AddPlatform(this IServiceCollection services, string dataDirectory)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(_ => new DataDirectory(dataDirectory));
        services.AddSingleton(provider => new MetadataDatabase(provider.GetRequiredService<DataDirectory>().File("tintype.db")));
        services.AddMigrations(typeof(PlatformSetup).Assembly);
        services.AddCors();
        services.AddOptions<CorsOptions>().BindConfiguration(CorsOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<CorsOptions>, CorsValidation>();
        services.AddBrowserFace(new BrowserFace("/tintype", ["GET", "PUT", "POST", "DELETE", "PATCH"], ["X-Auth-Token", "X-Openstack-Request-Id", "Last-Event-ID"], ["X-Openstack-Request-Id"]));
        services.AddSingleton<TaskRepository>();
        services.AddSingleton(provider => new TaskQueue(provider.GetRequiredService<TaskRepository>()));
        services.AddSingleton<TaskHandlers>();
        services.AddSingleton<InterruptedTasks>();
        services.AddSingleton<TaskCancellation>();
        services.AddSingleton<TaskViews>();
        services.AddSingleton<TaskEvents>();
        return services;
    }

    /// <summary>Runs the tasks. Added last, so that every room's own start-up recovery is over before a task runs again.</summary>
    public static IServiceCollection AddTaskRunner(this IServiceCollection services) => services.AddHostedService<TaskRunner>().AddHostedService<TaskLeases>();

    public static IServiceCollection AddMigrations(this IServiceCollection services, Assembly assembly) =>
        services.AddSingleton(new MigrationSource(assembly));

    public static IServiceCollection AddFaultDialect(this IServiceCollection services, IFaultDialect dialect) =>
        services.AddSingleton(dialect);

    /// <summary>What pages in browsers may do with a room's API. Of two faces, one below the other, the longer path counts.</summary>
    public static IServiceCollection AddBrowserFace(this IServiceCollection services, BrowserFace face) => services.AddSingleton(face);

    /// <summary>A room's step before a route is chosen, where it may answer itself or rewrite the path: version negotiation.</summary>
    public static IServiceCollection AddBeforeRouting(this IServiceCollection services, Func<HttpContext, RequestDelegate, Task> step) =>
        services.AddSingleton(new BeforeRouting(step));

    /// <summary>Request ids, faults, routing, authentication and API versions, in the order that each relies on; and the schema.</summary>
    public static void UsePlatform(this WebApplication app)
    {
        Migrations.Apply(app.Services.GetRequiredService<MetadataDatabase>(), app.Services.GetServices<MigrationSource>());
        app.Use((context, next) =>
        {
            RequestId.Assign(context);
            return next(context);
        });
        app.UseMiddleware<CorsMiddleware>();
        app.UseMiddleware<FaultMiddleware>();
        foreach (var early in app.Services.GetServices<BeforeRouting>())
            app.Use(early.Step);
        app.UseRouting();
        app.UseMiddleware<AuthenticationMiddleware>();
        app.UseMiddleware<MicroversionMiddleware>();
    }

    public static void MapPlatform(this IEndpointRouteBuilder routes)
    {
        TaskEndpoints.Map(routes);
        EventEndpoints.Map(routes);
    }
}

internal sealed record BeforeRouting(Func<HttpContext, RequestDelegate, Task> Step);
