using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tintype.Compute.Api;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Compute.Servers.Actions;

/// <summary>A locked server is not to be changed by others than administrators; snapshots of it may be taken.</summary>
internal sealed class LockAction(ServerRepository servers) : IServerAction
{
    public string Name => "lock";

    public async Task<IResult> ExecuteAsync(ServerRecord server, JsonElement arguments, int microversion, Caller caller, HttpContext context, CancellationToken ct)
    {
        caller.RequireMember("os_compute_api:os-lock-server:lock");
        string? reason = null;
        if (arguments.ValueKind == JsonValueKind.Object)
        {
            var asked = new RequestObject(arguments, "lock");
            asked.AllowOnly(microversion >= 73 ? ["locked_reason"] : []);
            reason = asked.OptionalText("locked_reason", 1, 255);
        }

        await servers.LockAsync(server.Id, caller.ProjectId == server.ProjectId ? "owner" : "admin", reason, ct);
        return Results.Accepted();
    }
}

internal sealed class UnlockAction(ServerRepository servers) : IServerAction
{
    public string Name => "unlock";

    public async Task<IResult> ExecuteAsync(ServerRecord server, JsonElement arguments, int microversion, Caller caller, HttpContext context, CancellationToken ct)
    {
        caller.RequireMember("os_compute_api:os-lock-server:unlock");
        if (await servers.FindAsync(server.Id, ct) is { LockedBy: "admin" })
            caller.RequireAdmin("os_compute_api:os-lock-server:unlock:unlock_override");
        await servers.LockAsync(server.Id, null, null, ct);
        return Results.Accepted();
    }
}

/// <summary>
/// An administrator's <c>{"os-resetState": {"state": "error"}}</c>. <c>active</c> is believed only of a guest that runs: one that
/// does not becomes SHUTOFF, so that the state is true.
/// </summary>
internal sealed class ResetStateAction(ServerRepository servers, IServerCatalog catalog, ServerActionRepository actions) : IServerAction
{
    public string Name => "os-resetState";

    public async Task<IResult> ExecuteAsync(ServerRecord server, JsonElement arguments, int microversion, Caller caller, HttpContext context, CancellationToken ct)
    {
        caller.RequireAdmin("os_compute_api:os-admin-actions:reset_state");
        if (arguments.ValueKind != JsonValueKind.Object)
            throw Fault.BadRequest("Invalid input for field/attribute os-resetState. It must be {\"state\": \"active\"} or {\"state\": \"error\"}");
        var asked = new RequestObject(arguments, "os-resetState");
        asked.AllowOnly("state");
        var state = asked.Text("state", 1, 255) switch
        {
            "active" => catalog.FindGuest(server.Id) is null ? VmState.Stopped : VmState.Active,
            "error" => VmState.Error,
            var other => throw asked.Invalid("state", $"'{other}' is not one of 'active', 'error'"),
        };
        await servers.ResetAsync(server.Id, state, ct);
        await actions.EndAsync(server.Id, "resetState", RequestId.Of(context), caller.UserId, null, ct);
        return Results.Accepted();
    }
}
