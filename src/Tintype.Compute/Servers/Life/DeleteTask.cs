using Tintype.Compute.Guests;
using Tintype.Images.Data;
using Tintype.Platform.Database;
using Tintype.Platform.Tasks;
using Tintype.Qemu.Process;

namespace Tintype.Compute.Servers.Life;

/// <summary>
/// Removes a server, whatever it is doing: what is under way ends first, then the guest, then its directory; the row and the hold
/// on the image's data go in one transaction, last, so that a crash before it leaves a server that is still being deleted.
/// </summary>
internal sealed class DeleteTask(
    ServerRepository servers, ServerOperations operations, MetadataDatabase database, IBlobReferences blobs, IGuestLauncher launcher,
    GuestDirectories directories, GuestSupervisor guests) : ITaskHandler
{
    public string Kind => ServerTask.Delete;

    public int MaxConcurrency => 16;

    public async Task RunAsync(TaskContext task, CancellationToken ct)
    {
        var id = task.Task.SubjectId;
        await operations.CancelAsync(id);
        await EndGuestAsync(id, ct);
        directories.Remove(id);
        await database.WriteAsync(async scope =>
        {
            await servers.DeleteAsync(scope, id);
            await blobs.ReleaseAsync(scope, GuestSpecs.HolderOf(id));
        }, ct);
    }

    public Task<TaskRecovery> RecoverAsync(TaskRecord task, CancellationToken ct) => Task.FromResult(TaskRecovery.Rerun);

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
