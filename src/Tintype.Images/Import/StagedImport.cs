using Microsoft.Extensions.Logging;
using Tintype.Images.Data;
using Tintype.Images.Data.Blobs;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Quotas;
using Tintype.Images.Records;
using Tintype.Images.Signatures;
using Tintype.Images.Staging;
using Tintype.Images.Stores;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Import;

/// <summary>Makes staged data an image's: into its stores, then active.</summary>
internal sealed class StagedImport(
    ImportLifecycle imports, ImageLifecycle lifecycle, ImageSignatures signatures, StagingArea area, ImageStores stores, StoreFilling filling, BlobRepository blobs, ImageQuotas quotas,
    MetadataDatabase database, RunningUploads running, IBlobCollectorSignal collector, ILogger<StagedImport> log)
{
    public async Task RunAsync(StagedData data, TaskContext task, ImportWork work, CancellationToken ct)
    {
        if (data.Refusal is { } refusal)
            throw Fault.ImageDataRefused(refusal);
        var image = await imports.FindImportingAsync(data.ImageId, ct);
        var signature = await signatures.PrepareAsync(image, ct);
        signature?.Verify(await area.DigestAsync(data, signature.Hash, ct));
        await quotas.ReserveAsync(QuotaKind.Store, image, data.Size * work.Stores.Count, ct);
        using var upload = running.Begin(data.BlobId);
        await using var undo = new UndoStack(log);
        var filled = new List<string>();
        Exception? lastFailure = null;
        var tried = 0;
        foreach (var name in work.Stores)
        {
            task.Step("copying", 1.0 / (work.Stores.Count - tried++));
            try
            {
                var store = stores.TryFind(name, out var found) ? found : throw Fault.StoreNotConfigured(name);
                // Of this store alone: the import may go on without it.
                await using var undoOne = new UndoStack(log);
                undoOne.Push($"emptying store {name} of blob {data.BlobId}", () => filling.EmptyAsync(store, data.BlobId));
                await filling.FillAsync(store, data, task, ct);
                undoOne.Commit();
                undo.Push($"emptying store {name} of blob {data.BlobId}", () => filling.EmptyAsync(store, data.BlobId));
                filled.Add(name);
            }
            catch (Exception failure) when (!work.MustAllSucceed && failure is IOException or Fault)
            {
                ImportLog.StoreFailed(log, failure, data.ImageId, name);
                lastFailure = failure;
            }

            await imports.MarkAsync(data.ImageId, task.Task.Id, image => filled.Contains(name) ? ImportMarks.Done(image, name) : ImportMarks.Fail(image, [name]));
            task.Report(data.Size, data.Size);
        }

        if (filled.Count == 0)
            throw Fault.NoStoreTookIt(lastFailure!.Message);
        await ActivateAsync(data, filled, signature?.Claim, task.Task.Id);
        undo.Commit();
        collector.Wake();
        ImportLog.Imported(log, data.ImageId, work.Method.Word(), string.Join(", ", filled));
    }

    private Task ActivateAsync(StagedData data, IReadOnlyList<string> filled, SignatureClaim? verified, Guid task) => database.WriteAsync(async scope =>
    {
        await imports.FindImportingAsync(scope, data.ImageId, task);
        await blobs.InsertAsync(scope, data.BlobId, data.Size, BlobFormat.Of(data.DiskFormat!), data.VirtualSize);
        foreach (var name in filled)
            await blobs.InsertCopyAsync(scope, new BlobCopy(data.BlobId, name, null));
        await lifecycle.ActivateAsync(scope, data.ImageId,
            new ImageDataFacts(data.BlobId, data.Size, data.VirtualSize, data.Checksum, data.Hash)
            {
                DiskFormat = data.DiskFormat,
                ContainerFormat = data.ContainerFormat,
                Verified = verified,
            },
            new Dictionary<string, string?>(data.Properties.ToDictionary(p => p.Key, p => (string?)p.Value), StringComparer.Ordinal) { [ImportMarks.Task] = null });
    }, CancellationToken.None);
}
