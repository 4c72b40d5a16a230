using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tintype.Compute.Api;
using Tintype.Compute.Servers.Life;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;

namespace Tintype.Compute.Servers.Actions;

/// <summary>Gives a server to a task: state, action record and task exist together or not at all.</summary>
internal sealed class ServerTaskStart(MetadataDatabase database, ServerRepository servers, ServerActionRepository actions, TaskQueue tasks)
{
    /// <param name="kind">The task's.</param>
    /// <param name="action">Nova's name of what is done.</param>
    /// <exception cref="Fault">409: the server is in another state, or busy.</exception>
    public async Task<IResult> BeginAsync(Guid id, string kind, string action, string taskState, IReadOnlyCollection<VmState> allowed,
        string payload, Caller caller, HttpContext context, CancellationToken ct)
    {
        var requestId = RequestId.Of(context);
        await database.WriteAsync(async scope =>
        {
            var server = await servers.BeginTaskAsync(scope, id, taskState, allowed, action);
            ServerLookup.RequireUnlocked(server, caller);
            await actions.BeginAsync(scope, id, action, requestId, caller.ProjectId, caller.UserId);
            await tasks.EnqueueAsync(scope, new NewTask(kind, id, server.ProjectId, caller.UserId, requestId, payload));
        }, ct);
        return Results.Accepted();
    }
}

internal sealed class StartAction(ServerTaskStart start) : IServerAction
{
    public string Name => "os-start";

    public Task<IResult> ExecuteAsync(ServerRecord server, JsonElement arguments, int microversion, Caller caller, HttpContext context, CancellationToken ct)
    {
        caller.RequireMember("os_compute_api:servers:start");
        return start.BeginAsync(server.Id, ServerTask.Start, "start", TaskStates.PoweringOn, [VmState.Stopped], "{}", caller, context, ct);
    }
}

internal sealed class StopAction(ServerTaskStart start) : IServerAction
{
    public string Name => "os-stop";

    public Task<IResult> ExecuteAsync(ServerRecord server, JsonElement arguments, int microversion, Caller caller, HttpContext context, CancellationToken ct)
    {
        caller.RequireMember("os_compute_api:servers:stop");
        return start.BeginAsync(server.Id, ServerTask.Stop, "stop", TaskStates.PoweringOff, [VmState.Active], "{}", caller, context, ct);
    }
}

/// <summary><c>{"reboot": {"type": "SOFT"}}</c>: the guest reboots itself; HARD: it is reset, or started when it is off.</summary>
internal sealed class RebootAction(ServerTaskStart start) : IServerAction
{
    public string Name => "reboot";

    public Task<IResult> ExecuteAsync(ServerRecord server, JsonElement arguments, int microversion, Caller caller, HttpContext context, CancellationToken ct)
    {
        if (arguments.ValueKind != JsonValueKind.Object)
            throw Fault.BadRequest("Invalid input for field/attribute reboot. It must be {\"type\": \"SOFT\"} or {\"type\": \"HARD\"}");
        var reboot = new RequestObject(arguments, "reboot");
        reboot.AllowOnly("type");
        var type = reboot.Text("type", 1, 255);
        var hard = type.ToUpperInvariant() switch
        {
            "HARD" => true,
            "SOFT" => false,
            _ => throw reboot.Invalid("type", $"'{type}' is not one of 'HARD', 'SOFT'"),
        };
        caller.RequireMember("os_compute_api:servers:reboot");
        return start.BeginAsync(server.Id, ServerTask.Reboot, "reboot", hard ? TaskStates.RebootingHard : TaskStates.Rebooting,
            hard ? [VmState.Active, VmState.Stopped, VmState.Error] : [VmState.Active], RebootTask.PayloadOf(hard), caller, context, ct);
    }
}
