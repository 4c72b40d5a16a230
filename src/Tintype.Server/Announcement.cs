using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Tintype.Server.Demo;

namespace Tintype.Server;

/// <summary>What the server says once it listens, and whether it is ready.</summary>
internal static class Announcement
{
    /// <summary>200 from the moment that requests are taken: recovery and the demo cloud are over by then.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes) => routes.MapGet("/healthcheck", () => Results.Text("OK")).AllowAnonymous();

    /// <summary>Prints the address, which is the only way to learn it when the port was given as 0.</summary>
    public static Task AnnounceAsync(this WebApplication app, ServerSettings settings)
    {
        var address = Reachable(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
        app.Services.GetRequiredService<DemoCloud>().Publish(address);
        Console.WriteLine($"Tintype is ready at {address}, with its data in {Path.GetFullPath(settings.DataDirectory)}");
        return Task.CompletedTask;
    }

    // "Every address" is where to listen, not where to go.
    private static string Reachable(string address) => address
        .Replace("//0.0.0.0:", "//127.0.0.1:", StringComparison.Ordinal)
        .Replace("//[::]:", "//127.0.0.1:", StringComparison.Ordinal);
}
