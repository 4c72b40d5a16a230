using Microsoft.Extensions.Logging;
using Tintype.Images.Data.Blobs;
using Tintype.Images.Data.Hashing;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Quotas;
using Tintype.Images.Stores;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Import;

/// <summary>Copies an active image into further stores.</summary>
internal sealed class StoreCopy(
    ImportLifecycle imports, ImageStores stores, StoreFilling filling, BlobRepository blobs, ImageQuotas quotas, MetadataDatabase database,
    RunningUploads running, ILogger<StoreCopy> log)
{
    public async Task RunAsync(Guid id, TaskContext task, ImportWork work, CancellationToken ct)
    {
        var image = await imports.FindCopyableAsync(id, ct);
        var blobId = image.BlobId!.Value;
        using var upload = running.Begin(blobId);
        await using var undo = new UndoStack(log);
        var tried = 0;
        foreach (var name in work.Stores)
        {
            task.Step("copying", 1.0 / (work.Stores.Count - tried++));
            try
            {
                var store = stores.TryFind(name, out var found) ? found : throw Fault.StoreNotConfigured(name);
                // Of this store alone: the import may go on without it.
                await using var undoOne = new UndoStack(log);
                undoOne.Push($"emptying store {name} of blob {blobId}", () => WithdrawAsync(store, blobId));
                await quotas.ReserveAsync(QuotaKind.Store, image, image.Size!.Value, ct);
                var learnt = await filling.CopyAsync(store, image, task, ct);
                await KeepAsync(id, new BlobCopy(blobId, name, null), learnt);
                undoOne.Commit();
                undo.Push($"emptying store {name} of blob {blobId}", () => WithdrawAsync(store, blobId));
                await imports.MarkAsync(id, task.Task.Id, marked => ImportMarks.Done(marked, name));
            }
            catch (Exception failure) when (!work.MustAllSucceed && failure is IOException or Fault)
            {
                ImportLog.StoreFailed(log, failure, id, name);
                await imports.MarkAsync(id, task.Task.Id, marked => ImportMarks.Fail(marked, [name]));
            }

            task.Report(image.Size!.Value, image.Size);
        }

        undo.Commit();
        await quotas.ReleaseAsync(id, CancellationToken.None);
        await imports.MarkAsync(id, task.Task.Id, ImportMarks.End);
        ImportLog.Imported(log, id, work.Method.Word(), string.Join(", ", work.Stores));
    }

    private Task KeepAsync(Guid id, BlobCopy copy, IngestedData? found) => database.WriteAsync(async scope =>
    {
        if (!await blobs.InsertCopyAsync(scope, copy))
            throw Fault.ImageGoneDuringImport(id);
        await quotas.ReleaseAsync(scope, id);
        if (found is null)
            return;
        if (found.Finding.VirtualSize is { } virtualSize)
            await blobs.SetVirtualSizeAsync(scope, copy.BlobId, virtualSize);
        await imports.LearnAsync(scope, id, found);
    }, CancellationToken.None);

    /// <summary>Whether any of the stores has the image.</summary>
    public async Task<bool> HasCopiedAsync(Guid id, ImportWork work) => await imports.FindBlobAsync(id) is { } blobId
        && (await blobs.ListCopiesAsync(blobId, CancellationToken.None)).Any(copy => work.Stores.Contains(copy.Store));

    /// <summary>Takes away what an interrupted run has copied, unless it is by now all that there is of the image.</summary>
    public async Task WithdrawAsync(Guid id, ImportWork work)
    {
        if (await imports.FindBlobAsync(id) is not { } blobId)
            return;
        if ((await blobs.ListCopiesAsync(blobId, CancellationToken.None)).All(copy => work.Stores.Contains(copy.Store)))
            return;
        foreach (var name in work.Stores)
        {
            if (stores.TryFind(name, out var store))
                await WithdrawAsync(store, blobId);
        }
    }

    /// <summary>All stores or none: what this task has put somewhere goes again when it fails.</summary>
    private async Task WithdrawAsync(ImageStore store, Guid blobId)
    {
        await database.WriteAsync(scope => blobs.DeleteCopyAsync(scope, new BlobCopy(blobId, store.Name, null)), CancellationToken.None);
        await filling.EmptyAsync(store, blobId);
    }
}
