using Tintype.Compute.Bases;
using Tintype.Compute.Guests;
using Tintype.Images.Data;
using Tintype.Platform.Database;
using Tintype.Platform.Tasks;
using Tintype.Qemu.Process;

namespace Tintype.Compute.Servers.Life;

/// <summary>
/// Removes a server, whatever it is doing: what is under way ends first, then the guest, then its directory; the row and the hold
/// on the image's data go in one transaction, last, so that a crash before it leaves a server that is still being deleted. One that
/// fails leaves it in error with the reason, from where it can be deleted again.
/// </summary>
internal sealed class DeleteTask(
    ServerRepository servers, ServerActionRepository actions, ServerOperations operations, MetadataDatabase database, IBlobReferences blobs, IGuestLauncher launcher,
    GuestDirectories directories, GuestSupervisor guests) : ITaskHandler
{
    public string Kind => ServerTask.Delete;

    public int MaxConcurrency => 16;

    public string? UncancellableBecause => "What is deleted does not come back: deleting a server ends by itself.";

    public async Task RunAsync(TaskContext task, CancellationToken ct)
    {
        try
        {
            await RemoveAsync(task.Task.SubjectId, ct);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            await KeepAsync(task.Task, ServerTask.Explain(failure, task.Task.RequestId));
            throw;
        }
    }

    public Task<TaskRecovery> RecoverAsync(TaskRecord task, CancellationToken ct) => Task.FromResult(TaskRecovery.Rerun);

    private async Task RemoveAsync(Guid id, CancellationToken ct)
    {
        await operations.CancelAsync(id);
        await EndGuestAsync(id, ct);
        directories.Remove(id);
        await database.WriteAsync(async scope =>
        {
            await servers.DeleteAsync(scope, id);
            await blobs.ReleaseAsync(scope, GuestSpecs.HolderOf(id));
            await blobs.ReleaseAsync(scope, ServerBases.HolderOf(id));
        }, ct);
    }

    private Task KeepAsync(TaskRecord task, string reason) => database.WriteAsync(async scope =>
    {
        await servers.MarkDeleteFailedAsync(scope, task.SubjectId, reason);
        await actions.EndAsync(scope, task.SubjectId, "delete", task.RequestId, task.UserId, reason);
    }, CancellationToken.None);

    private async Task EndGuestAsync(Guid id, CancellationToken ct)
    {
        if (guests.Find(id) is { } running)
        {
            running.EndAsked = true;
            await running.Process.KillAsync(ct);
            await running.Ended.WaitAsync(ct);
        }
        else if (await launcher.AttachAsync(directories.Of(id), ct) is { } stray)
        {
            await stray.KillAsync(ct);
            await stray.DisposeAsync();
        }
    }
}
