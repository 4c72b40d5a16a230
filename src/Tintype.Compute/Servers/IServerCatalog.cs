using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tintype.Platform.Database;
using Tintype.Platform.Policy;
using Tintype.Qemu.Process;

namespace Tintype.Compute.Servers;

/// <summary>What other rooms may ask about servers, and the hold that an operation takes on one.</summary>
public interface IServerCatalog
{
    /// <summary>The server if the caller may see it; null otherwise.</summary>
    Task<ServerRecord?> FindVisibleAsync(Guid id, Caller caller, CancellationToken ct);

    /// <summary>The server whoever asks.</summary>
    Task<ServerRecord?> FindAsync(Guid id, CancellationToken ct);

    /// <summary>
    /// Sets the task state if the server has none and is in one of <paramref name="allowed"/>, in one step: only one operation
    /// holds a server at a time.
    /// </summary>
    /// <exception cref="Platform.Http.Fault">Conflict, in Nova's words, when it is busy or in another state; not found when it has gone.</exception>
    Task<ServerRecord> BeginTaskAsync(Guid id, string taskState, IReadOnlyCollection<VmState> allowed, CancellationToken ct);

    /// <summary>The same within the caller's transaction, so that the server is held exactly if the task that will free it exists.</summary>
    Task<ServerRecord> BeginTaskAsync(WriteScope scope, Guid id, string taskState, IReadOnlyCollection<VmState> allowed);

    /// <summary>Moves on to the next task state, or with null gives the server free. No error if it has gone.</summary>
    Task SetTaskStateAsync(Guid id, string? taskState, CancellationToken ct);

    /// <summary>
    /// Keeps why an operation on the server failed where its user looks (<c>openstack server event show</c>, os-instance-actions),
    /// without changing its state.
    /// </summary>
    Task RecordActionAsync(Guid id, string action, string requestId, string userId, string? failure, CancellationToken ct);

    /// <summary>The running guest of the server, or null when it is off.</summary>
    IGuestProcess? FindGuest(Guid id);

    /// <summary>The server's disk as it is now: the overlay, then the image's data.</summary>
    Task<IReadOnlyList<DiskLayer>> DiskLayersAsync(Guid id, CancellationToken ct);
}

/// <summary>
/// An action of <c>POST /servers/{id}/action</c> that another room brings, for example <c>createImage</c>. The room registers it as a
/// service; the endpoint finds the server, checks that the caller may see it, and hands over.
/// </summary>
public interface IServerAction
{
    /// <summary>The member name in the request's body.</summary>
    string Name { get; }

    /// <param name="arguments">The member's value.</param>
    /// <param name="microversion">Minor part of the compute API version asked for: 45 for 2.45.</param>
    Task<IResult> ExecuteAsync(ServerRecord server, JsonElement arguments, int microversion, Caller caller, HttpContext context, CancellationToken ct);
}

/// <summary>Memory is admitted before any guest starts, those for boot &amp; test included.</summary>
public interface IGuestAdmission
{
    /// <summary>Reserves memory for a guest; disposing the reservation gives it back. Null when there is not enough.</summary>
    /// <param name="memoryMib">The guest's RAM in MiB; QEMU's own overhead is added here.</param>
    IDisposable? TryReserve(int memoryMib);
}

/// <summary>Whether guests can run here, and how.</summary>
public interface IGuestHost
{
    /// <summary>Null when guests can run; otherwise why not and what to do, a sentence for the user.</summary>
    string? UnavailableBecause { get; }

    /// <summary>A user id for a guest that belongs to no server; unique among those in use. Disposing gives it back.</summary>
    IsolationLease LeaseIsolation();
}

/// <summary>A user id of one guest's own, while it is held.</summary>
public sealed class IsolationLease(uint uid, Action release) : IDisposable
{
    public uint Uid { get; } = uid;

    public void Dispose() => release();
}
