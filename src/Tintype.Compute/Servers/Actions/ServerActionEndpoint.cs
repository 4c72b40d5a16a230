using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tintype.Compute.Guests;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Compute.Servers.Actions;

/// <summary><c>POST /servers/ID/action</c>: finds the server, and hands over to the action that the body's only member names.</summary>
internal static class ServerActionEndpoint
{
    /// <summary>Actions of Nova that are not here.</summary>
    private static readonly HashSet<string> _unsupported = new(StringComparer.Ordinal)
    {
        "pause", "unpause", "suspend", "resume", "rescue", "unrescue", "shelve", "shelveOffload", "unshelve", "resize", "confirmResize",
        "revertResize", "rebuild", "migrate", "os-migrateLive", "evacuate", "changePassword", "addSecurityGroup", "removeSecurityGroup",
        "addFixedIp", "removeFixedIp", "addFloatingIp", "removeFloatingIp", "os-getVNCConsole", "os-getSPICEConsole", "os-getSerialConsole",
        "os-getRDPConsole", "createBackup", "trigger_crash_dump", "restore", "injectNetworkInfo", "resetNetwork",
    };

    public static void Map(IEndpointRouteBuilder compute) => compute.MapPost("/servers/{id}/action", ActAsync);

    private static async Task<IResult> ActAsync(string id, HttpContext context, Microversion version, Caller caller, ServerLookup lookup,
        IEnumerable<IServerAction> actions, GuestDirectories directories, CancellationToken ct)
    {
        using var body = await JsonBody.ReadDocumentAsync(context.Request, ct);
        if (body.RootElement.ValueKind != JsonValueKind.Object || body.RootElement.GetPropertyCount() != 1)
            throw Fault.BadRequest("Malformed request body: it must be an object with one member, the action.");
        var asked = body.RootElement.EnumerateObject().First();
        var action = actions.FirstOrDefault(a => a.Name == asked.Name) ?? throw Unknown(asked.Name);
        var server = await lookup.FindAsync(id, caller, ct);
        return await action.ExecuteAsync(server.ToRecord(directories.Of(server.Id)), asked.Value, version.Minor, caller, context, ct);
    }

    private static Fault Unknown(string name) => _unsupported.Contains(name)
        ? new Fault(FaultKind.NotImplemented, $"The requested functionality is not supported: '{name}' cannot be done to servers here.")
        : Fault.BadRequest($"There is no such action: {name}");
}
