using Tintype.Compute.Api;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Compute.Servers;

/// <summary>Finds the server of a request: one that the caller may not see is not there.</summary>
internal sealed class ServerLookup(ServerRepository servers)
{
    /// <param name="id">As it stood in the URL; what is no UUID is no server either.</param>
    /// <exception cref="Fault">404.</exception>
    public async Task<Server> FindAsync(string id, Caller caller, CancellationToken ct) =>
        Guid.TryParse(id, out var guid) && await servers.FindAsync(guid, ct) is { } server && ServerCatalog.IsVisible(server, caller)
            ? server : throw Fault.ServerNotFound(id);

    /// <summary>For a change: the caller must be allowed to make it, and the server must not be locked against it.</summary>
    /// <exception cref="Fault">404, 403 or 409.</exception>
    public async Task<Server> FindForChangeAsync(string id, Caller caller, string rule, CancellationToken ct)
    {
        var server = await FindAsync(id, caller, ct);
        caller.RequireMember(rule);
        RequireUnlocked(server, caller);
        return server;
    }

    /// <exception cref="Fault">409: it is locked, and the caller is no administrator.</exception>
    public static void RequireUnlocked(Server server, Caller caller)
    {
        if (server.LockedBy is not null && !caller.IsAdmin)
            throw Fault.ServerLocked(server.Id);
    }
}
