using Tintype.Images.Import.GlanceDownload;
using Tintype.Images.Import.Preparation;
using Tintype.Images.Import.WebDownload;
using Tintype.Images.Staging;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Import;

/// <summary>
/// Carries an import out.
/// <code>
/// glance-direct  (staged) ─────────┐
/// web-download   fetch ─► staged ──┴─► as promised? ─► prepared ─► as declared? safe? signed? ─► each store ─► one transaction: blob, copies, image active
/// glance-download (the same, of another image service)
/// copy-image     image's blob ─► each store ─► one transaction: the copies
///
/// after a crash the task begins again: what is staged is still there, what a store has half is written anew
/// after a failure, or when it is cancelled, the image is queued as before (active, for copy-image), its staged data is given up, and the task has the reason
/// </code>
/// </summary>
internal sealed class ImportTask(
    ImportLifecycle imports, StagedDataRepository staged, WebDownloads downloads, GlanceDownloads remotes, ForwardedTokens tokens,
    StagingArea area, ImportPreparation preparation, StagedImport stagedImport, StoreCopy copy) : ITaskHandler
{
    public string Kind => ImportWork.Kind;

    public int MaxConcurrency => 2;

    public string? UncancellableBecause => null;

    public async Task RunAsync(TaskContext task, CancellationToken ct)
    {
        var work = ImportWork.Of(task.Task);
        var id = task.Task.SubjectId;
        try
        {
            if (work.Method == ImportMethod.CopyImage)
                await copy.RunAsync(id, task, work, ct);
            else
            {
                var data = await StageAsync(task, work, ct);
                // Of what has been prepared, the promise was kept before.
                task.Step("checking", 0);
                if (work.Promise is { } promise && !data.IsPrepared)
                    await promise.CheckAsync(kind => area.DigestAsync(data, kind, ct));
                await stagedImport.RunAsync(await preparation.RunAsync(data, work, task, ct), task, work, ct);
            }
        }
        catch (Exception failed) when (!(failed is OperationCanceledException && ct.IsCancellationRequested))
        {
            // Whatever it was: the image must not wait for ever. The task keeps the reason.
            var isHeld = await imports.FailAsync(id, task.Task.Id, work.Stores);
            // Whoever deletes an image takes its bytes away, also from under its import, which finds out in whatever it is doing with them.
            if (!isHeld && failed is IOException)
                throw Fault.ImageGoneDuringImport(id);
            throw;
        }
        finally
        {
            tokens.Forget(task.Task.Id);
        }
    }

    public Task<TaskRecovery> RecoverAsync(TaskRecord task, CancellationToken ct) => Task.FromResult(TaskRecovery.Rerun);

    public async Task<bool> TryUndoAsync(TaskRecord task, string reason)
    {
        tokens.Forget(task.Id);
        var work = ImportWork.Of(task);
        // What an interrupted run has put into stores; one that ended by its token has emptied them itself.
        if (work.Method == ImportMethod.CopyImage && await imports.IsHeldAsync(task.SubjectId, task.Id))
            await copy.WithdrawAsync(task.SubjectId, work);
        return await imports.FailAsync(task.SubjectId, task.Id, work.Stores)
            || !(work.Method == ImportMethod.CopyImage ? await copy.HasCopiedAsync(task.SubjectId, work) : await imports.IsActiveAsync(task.SubjectId));
    }

    private async Task<StagedData> StageAsync(TaskContext task, ImportWork work, CancellationToken ct)
    {
        var id = task.Task.SubjectId;
        var image = await imports.FindImportingAsync(id, ct);
        if (await staged.FindAsync(id, ct) is { } data)
            return data;
        // What follows is a rename, where the store can adopt a file.
        task.Step("downloading", 0.8);
        var extras = StagedExtras.None with { Hashes = work.Promise?.Wanted() ?? [] };
        return work.Method switch
        {
            ImportMethod.WebDownload => await downloads.FetchAsync(image, work.Uri!, extras, task, ct),
            ImportMethod.GlanceDownload => await remotes.FetchAsync(image, work.Remote!, task, extras, ct),
            _ => throw Fault.StagedDataGone(),
        };
    }
}
