using Tintype.Compute.Servers;
using Tintype.Platform.Tasks;

namespace Tintype.Compute.Bases;

/// <summary>
/// Stores the content of what a server has just been made of, so that its snapshots need not wait for it. A snapshot that comes before does the same
/// itself, so nothing is lost with a task that fails. After a crash it begins again.
/// </summary>
internal sealed class BaseTask(ServerBases bases, ServerRepository servers) : ITaskHandler
{
    public const string TaskKind = "server.base";

    public string Kind => TaskKind;

    // Beside guests that boot from the same disk of the host.
    public int MaxConcurrency => 1;

    public async Task RunAsync(TaskContext task, CancellationToken ct)
    {
        var serverId = Guid.Parse(task.Task.Payload);
        if (await servers.FindAsync(serverId, ct) is not null)
            await bases.EnsureAsync(serverId, ct);
    }

    public Task<TaskRecovery> RecoverAsync(TaskRecord task, CancellationToken ct) => Task.FromResult(TaskRecovery.Rerun);
}
