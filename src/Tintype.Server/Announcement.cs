using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Tintype.Platform;
using Tintype.Server.Demo;

namespace Tintype.Server;

/// <summary>What the server says once it listens, and whether it is ready.</summary>
internal static class Announcement
{
    private static volatile bool _ready;

    /// <summary>200 once recovery is over, the demo cloud is there, and clouds.yaml leads to it; 503 until then.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes) => routes.MapMethods("/healthcheck", [HttpMethods.Get, HttpMethods.Head],
        Health).AllowAnonymous();

    private static IResult Health(HttpRequest request) => (_ready, HttpMethods.IsHead(request.Method)) switch
    {
        (true, false) => Results.Text("OK"),
        // As OpenStack's own check answers.
        (true, true) => Results.NoContent(),
        _ => Results.Text("Starting", statusCode: StatusCodes.Status503ServiceUnavailable),
    };

    /// <summary>
    /// Writes the address where clients look for it, and prints it, which is the only way to learn it when the port was given as 0.
    /// </summary>
    public static async Task AnnounceAsync(this WebApplication app)
    {
        var address = Reachable(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
        app.Services.GetRequiredService<DemoUsers>().Publish(address);
        _ready = true;

        var hasImage = await app.Services.GetRequiredService<DemoPieces>().IsMadeAsync(DemoImage.Piece, CancellationToken.None);
        var third = hasImage
            ? $"openstack server create --image {DemoImage.Name} --flavor t1.tiny --wait my-instance"
            : "openstack image create --disk-format qcow2 --container-format bare --file my-image.qcow2 my-image";
        Console.WriteLine($"""
            Tintype is ready at {address}, with its data in {app.Services.GetRequiredService<DataDirectory>().Root}
            Try next, in another terminal:
              export OS_CLIENT_CONFIG_FILE={app.Services.GetRequiredService<CloudsFile>().Path} OS_CLOUD=tintype
              openstack image list
              {third}
            """);
    }

    // "Every address" is where to listen, not where to go.
    private static string Reachable(string address) => address
        .Replace("//0.0.0.0:", "//127.0.0.1:", StringComparison.Ordinal)
        .Replace("//[::]:", "//127.0.0.1:", StringComparison.Ordinal);
}
