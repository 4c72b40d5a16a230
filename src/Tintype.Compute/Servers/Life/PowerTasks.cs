using System.Text.Json;
using Microsoft.Extensions.Options;
using Tintype.Compute.Guests;
using Tintype.Platform.Tasks;

namespace Tintype.Compute.Servers.Life;

/// <summary>SHUTOFF ─ powering-on ─► ACTIVE. If it cannot start it stays SHUTOFF, with the reason.</summary>
internal sealed class StartTask(ServerRepository servers, ServerActionRepository actions, ServerOperations operations, GuestSupervisor guests)
    : ServerTask(servers, actions, operations)
{
    public override string Kind => Start;

    protected override string Action => "start";

    protected override bool IsOver(Server server) => server.TaskState != TaskStates.PoweringOn;

    protected override async Task<string?> ExecuteAsync(Server server, TaskRecord task, CancellationToken ct)
    {
        await guests.StartAsync(server, ct);
        return null;
    }
}

/// <summary>ACTIVE ─ powering-off ─► SHUTOFF: the guest is asked, then forced.</summary>
internal sealed class StopTask(
    ServerRepository servers, ServerActionRepository actions, ServerOperations operations, GuestPower power, IOptions<ComputeOptions> options)
    : ServerTask(servers, actions, operations)
{
    public override string Kind => Stop;

    protected override string Action => "stop";

    protected override bool IsOver(Server server) => server.TaskState != TaskStates.PoweringOff;

    protected override async Task<string?> ExecuteAsync(Server server, TaskRecord task, CancellationToken ct)
    {
        var patience = GuestHardware.Of(server.Image.Id, server.Image.Properties).ShutdownTimeout
            ?? TimeSpan.FromSeconds(options.Value.ShutdownTimeout);
        return await power.StopAsync(server, patience, ct) ? null
            : $"The guest did not shut down within {patience.TotalSeconds:0} s and was forced off: what it had not written is lost.";
    }
}

/// <summary>ACTIVE ─ rebooting or rebooting_hard ─► ACTIVE. A hard reboot also starts a guest that is off.</summary>
internal sealed class RebootTask(
    ServerRepository servers, ServerActionRepository actions, ServerOperations operations, GuestPower power, GuestSupervisor guests,
    IOptions<ComputeOptions> options) : ServerTask(servers, actions, operations)
{
    /// <summary>The payload of a hard reboot and of a soft one.</summary>
    public static string PayloadOf(bool hard) => JsonSerializer.Serialize(hard, ServerRowJson.Default.Boolean);

    public override string Kind => Reboot;

    protected override string Action => "reboot";

    protected override async Task<string?> ExecuteAsync(Server server, TaskRecord task, CancellationToken ct)
    {
        if (guests.Find(server.Id) is null)
        {
            await guests.StartAsync(server, ct);
            return null;
        }

        if (JsonSerializer.Deserialize(task.Payload, ServerRowJson.Default.Boolean))
            await power.ResetAsync(server, ct);
        else
            await power.RebootAsync(server, TimeSpan.FromSeconds(options.Value.SoftRebootTimeout), ct);
        // If the guest ended instead of rebooting, its end has been written down already.
        if (guests.Find(server.Id) is not null)
            await Servers.MarkRunningAsync(server.Id, ct);
        return null;
    }
}
