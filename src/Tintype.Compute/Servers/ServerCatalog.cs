using Tintype.Compute.Guests;
using Tintype.Platform.Database;
using Tintype.Platform.Policy;
using Tintype.Qemu.Process;

namespace Tintype.Compute.Servers;

internal sealed class ServerCatalog(
    MetadataDatabase database, ServerRepository servers, ServerActionRepository actions, GuestSupervisor guests, GuestSpecs specs,
    GuestDirectories directories) : IServerCatalog
{
    public async Task<ServerRecord?> FindVisibleAsync(Guid id, Caller caller, CancellationToken ct) =>
        await servers.FindAsync(id, ct) is { } server && IsVisible(server, caller) ? Record(server) : null;

    public async Task<ServerRecord?> FindAsync(Guid id, CancellationToken ct) =>
        await servers.FindAsync(id, ct) is { } server ? Record(server) : null;

    public Task<ServerRecord> BeginTaskAsync(Guid id, string taskState, IReadOnlyCollection<VmState> allowed, CancellationToken ct) =>
        database.WriteAsync(scope => BeginTaskAsync(scope, id, taskState, allowed), ct);

    public async Task<ServerRecord> BeginTaskAsync(WriteScope scope, Guid id, string taskState, IReadOnlyCollection<VmState> allowed) =>
        Record(await servers.BeginTaskAsync(scope, id, taskState, allowed));

    public Task SetTaskStateAsync(Guid id, string? taskState, CancellationToken ct) => servers.SetTaskStateAsync(id, taskState, ct);

    public Task RecordActionAsync(Guid id, string action, string requestId, string userId, string? failure, CancellationToken ct) =>
        actions.EndAsync(id, action, requestId, userId, failure, ct);

    public IGuestProcess? FindGuest(Guid id) => guests.Find(id)?.Process;

    public Task<IReadOnlyList<DiskLayer>> DiskLayersAsync(Guid id, CancellationToken ct) => specs.LayersAsync(id, ct);

    internal static bool IsVisible(Server server, Caller caller) => caller.IsAdmin || server.ProjectId == caller.ProjectId;

    private ServerRecord Record(Server server) => server.ToRecord(directories.Of(server.Id));
}
