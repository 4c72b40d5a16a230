using Tintype.Platform.Http;
using Tintype.Platform.Tasks;
using Tintype.Qemu.Disks;

namespace Tintype.Compute.Servers.Life;

/// <summary>
/// A durable piece of a server's life. Each can be run again from its beginning, so that one which a crash interrupted is simply
/// repeated; and each ends at once when its server is being deleted.
/// </summary>
internal abstract class ServerTask(ServerRepository servers, ServerActionRepository actions, ServerOperations operations) : ITaskHandler
{
    public const string Build = "server.build";
    public const string Start = "server.start";
    public const string Stop = "server.stop";
    public const string Reboot = "server.reboot";
    public const string Delete = "server.delete";

    public abstract string Kind { get; }

    public virtual int MaxConcurrency => 16;

    public virtual string? UncancellableBecause => "What a guest has been told cannot be taken back: starting, stopping and rebooting a server end by themselves.";

    /// <summary>Nova's name of the action, under which its end is written down.</summary>
    protected abstract string Action { get; }

    protected ServerRepository Servers => servers;

    public async Task RunAsync(TaskContext task, CancellationToken ct)
    {
        var id = task.Task.SubjectId;
        using var operation = operations.Begin(id, ct);
        if (await servers.FindAsync(id, ct) is not { TaskState: not TaskStates.Deleting } server)
            return;
        try
        {
            var remark = IsOver(server) ? null : await ExecuteAsync(server, task.Task, operation.Token);
            await actions.EndAsync(id, Action, task.Task.RequestId, task.Task.UserId, remark, CancellationToken.None);
        }
        catch (OperationCanceledException) when (operation.Token.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            // Its server is being deleted, and the deletion waits for this to end.
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            var reason = Explain(failure, task.Task.RequestId);
            await FailAsync(server, reason);
            await actions.EndAsync(id, Action, task.Task.RequestId, task.Task.UserId, reason, CancellationToken.None);
            throw;
        }
    }

    public async Task<bool> TryUndoAsync(TaskRecord task, string reason)
    {
        if (await servers.FindAsync(task.SubjectId, CancellationToken.None) is not { TaskState: not TaskStates.Deleting } server)
            return true;
        // In error: it failed while it was being cancelled.
        if (IsOver(server))
            return server.State == VmState.Error;
        // A deletion waits for it, as for the operation itself.
        using var operation = operations.Begin(server.Id, CancellationToken.None);
        await UndoAsync(server);
        await FailAsync(server, reason);
        await actions.EndAsync(server.Id, Action, task.RequestId, task.UserId, reason, CancellationToken.None);
        return true;
    }

    public Task<TaskRecovery> RecoverAsync(TaskRecord task, CancellationToken ct) => Task.FromResult(TaskRecovery.Rerun);

    /// <summary>
    /// Whether the operation has come to its end already, as the database tells: a crash between that and the task's own end has it run
    /// again, and what has become of the server since must not be undone.
    /// </summary>
    protected virtual bool IsOver(Server server) => false;

    /// <returns>What the user should know of an end that was not quite as asked; null for nothing.</returns>
    protected abstract Task<string?> ExecuteAsync(Server server, TaskRecord task, CancellationToken ct);

    /// <summary>Puts the server into the state that a failure leaves it in.</summary>
    protected virtual Task FailAsync(Server server, string reason) => servers.MarkFaultAsync(server.Id, reason, CancellationToken.None);

    /// <summary>Removes what a crash has kept a cancelled operation from removing itself.</summary>
    protected virtual Task UndoAsync(Server server) => Task.CompletedTask;

    /// <summary>What a user is told of a failure.</summary>
    internal static string Explain(Exception failure, string requestId) => failure switch
    {
        Fault or DiskToolException => failure.Message,
        IOException io => $"{io.Message.TrimEnd('.')}.",
        _ => $"Something unexpected went wrong; the server's log has the reason under {requestId}.",
    };
}
