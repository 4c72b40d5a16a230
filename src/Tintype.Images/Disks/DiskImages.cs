using Microsoft.Extensions.Logging;
using Tintype.Images.Data;
using Tintype.Images.Data.Blobs;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Records;
using Tintype.Images.Stores;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;
using Tintype.Storage;

namespace Tintype.Images.Disks;

/// <summary>
/// <code>
/// queued ─► saving ─► disk to the store, durable ─► one transaction: blob's row, image active, hashing queued
///    ▲         └─────────────┴──────┘ whatever fails: no bytes are kept
///    └ what a crash leaves: as with an upload, the store's own unfinished disk, or a disk that no row names; the collector removes it
/// </code>
/// The image is active as soon as its data is durable and can be verified by its chunks; its checksum and hash, of the bytes that it is served as, follow.
/// </summary>
internal sealed class DiskImages(ImageLifecycle lifecycle, ImageStores stores, BlobIntake intake, BlobRepository blobs, TaskQueue tasks,
    MetadataDatabase database, RunningUploads running, ILogger<DiskImages> log) : IDiskImages
{
    private IDiskStore Disks => (IDiskStore)stores.Disks.Blobs;

    public async Task<IImageDisk> BeginAsync(Guid imageId, string diskFormat, long length, Guid? basis, CancellationToken ct)
    {
        var file = diskFormat == "raw" ? DiskFileFormat.Raw : DiskFileFormat.Qcow2;
        var undo = new UndoStack(log);
        try
        {
            // A raw file is as long as its disk; of a qcow2 nobody knows before it is complete.
            await lifecycle.BeginSavingAsync(imageId, diskFormat, "bare", file == DiskFileFormat.Raw ? length : null, ct);
            undo.Push($"putting image {imageId} back to queued", () => lifecycle.ReturnToQueuedAsync(imageId, CancellationToken.None));
            return new ImageDisk(this, imageId, diskFormat, await WriterAsync(undo, length, file, basis, ct), undo);
        }
        catch
        {
            await undo.DisposeAsync();
            throw;
        }
    }

    public async Task<Guid?> FindDiskAsync(Guid blobId, CancellationToken ct)
    {
        if (await IsDiskAsync(blobId, ct))
            return blobId;
        // One that was made in another store, before the operator configured this one, is no basis for what is written here.
        return await blobs.FindHeldAsync(BlobRepository.BaseOf(blobId), ct) is { } made && Guid.Parse(made.Id) is var id && await IsHereAsync(id, ct) ? id : null;
    }

    // Plain bytes are a disk's only if they are raw; what the store makes a qcow2 of is a disk, whatever it is served as.
    private async Task<bool> IsDiskAsync(Guid blobId, CancellationToken ct) =>
        await IsHereAsync(blobId, ct)
        && (await blobs.FindAsync(blobId, ct) is { Format: "raw" } || await Disks.FileOfAsync(blobId, ct) == DiskFileFormat.Qcow2);

    private async Task<bool> IsHereAsync(Guid blobId, CancellationToken ct) =>
        (await blobs.ListCopiesAsync(blobId, ct)).Any(copy => copy.Store == stores.Disks.Name && copy.Url is null);

    public async Task<IBaseDisk> BeginBaseAsync(Guid blobId, long length, CancellationToken ct)
    {
        var undo = new UndoStack(log);
        try
        {
            return new BaseDisk(this, blobId, await WriterAsync(undo, length, DiskFileFormat.Raw, null, ct), undo);
        }
        catch
        {
            await undo.DisposeAsync();
            throw;
        }
    }

    private async Task<NewDisk> WriterAsync(UndoStack undo, long length, DiskFileFormat file, Guid? basis, CancellationToken ct)
    {
        var blobId = Guid.NewGuid();
        var upload = running.Begin(blobId);
        undo.Push("noting a disk that is written", () =>
        {
            upload.Dispose();
            return Task.CompletedTask;
        });
        undo.Push($"removing blob {blobId}", () => RemoveUnnamedAsync(blobId));
        try
        {
            var writer = await Disks.CreateDiskAsync(blobId, length, file, basis, ct);
            undo.Push($"writing blob {blobId}", () => writer.DisposeAsync().AsTask());
            return new NewDisk(blobId, length, writer, upload);
        }
        catch (StorageFullException full)
        {
            throw Fault.StorageFull(full);
        }
    }

    private async Task<ImageRecord> ActivateAsync(Guid imageId, string diskFormat, NewDisk made, IReadOnlyDictionary<string, string?> properties,
        TaskOrigin origin, Func<WriteScope, Guid, Task> alongside, CancellationToken ct)
    {
        var size = await CommitAsync(made, ct);
        intake.RefuseBeyondCap(size);
        var active = await database.WriteAsync(async scope =>
        {
            await InsertAsync(scope, made, size, diskFormat);
            var image = await lifecycle.ActivateAsync(scope, imageId, new ImageDataFacts(made.BlobId, size, made.Length, Checksum: null, Hash: null), properties);
            await tasks.EnqueueAsync(scope, new NewTask(HashTask.TaskKind, imageId, origin.ProjectId, origin.UserId, origin.RequestId, made.BlobId.ToString()));
            await alongside(scope, made.BlobId);
            return image;
        }, CancellationToken.None);
        DisksLog.Kept(log, imageId, size, made.Length, made.Writer.Added, made.BlobId);
        return active;
    }

    private async Task<Guid?> CommitBaseAsync(Guid blobId, NewDisk made, CancellationToken ct)
    {
        var size = await CommitAsync(made, ct);
        return await database.WriteAsync(async scope =>
        {
            if (!await blobs.ExistsAsync(scope, blobId))
                return (Guid?)null;
            await InsertAsync(scope, made, size, "raw");
            await blobs.HoldBlobAsync(scope, made.BlobId, BlobRepository.BaseOf(blobId));
            return made.BlobId;
        }, CancellationToken.None);
    }

    private static async Task<long> CommitAsync(NewDisk made, CancellationToken ct)
    {
        try
        {
            return await made.Writer.CommitAsync(ct);
        }
        catch (StorageFullException full)
        {
            throw Fault.StorageFull(full);
        }
    }

    private async Task InsertAsync(WriteScope scope, NewDisk made, long size, string format)
    {
        await blobs.InsertAsync(scope, made.BlobId, size, format, made.Length);
        await blobs.InsertCopyAsync(scope, new BlobCopy(made.BlobId, stores.Disks.Name, null));
    }

    /// <summary>What the database says decides, never the exception.</summary>
    private async Task RemoveUnnamedAsync(Guid blobId)
    {
        if (!await blobs.ExistsAsync(blobId, CancellationToken.None))
            await stores.Disks.Blobs.DeleteAsync(blobId, CancellationToken.None);
    }

    private sealed record NewDisk(Guid BlobId, long Length, IDiskWriter Writer, IDisposable Upload)
    {
        public async ValueTask LetGoAsync(UndoStack undo)
        {
            undo.Commit();
            await Writer.DisposeAsync();
            Upload.Dispose();
        }
    }

    private sealed class ImageDisk(DiskImages room, Guid imageId, string diskFormat, NewDisk made, UndoStack undo) : IImageDisk
    {
        public IDiskWriter Disk => made.Writer;

        public async Task<ImageRecord> ActivateAsync(
            IReadOnlyDictionary<string, string?> properties, TaskOrigin origin, Func<WriteScope, Guid, Task> alongside, CancellationToken ct)
        {
            var image = await room.ActivateAsync(imageId, diskFormat, made, properties, origin, alongside, ct);
            await made.LetGoAsync(undo);
            return image;
        }

        public ValueTask DisposeAsync() => undo.DisposeAsync();
    }

    private sealed class BaseDisk(DiskImages room, Guid blobId, NewDisk made, UndoStack undo) : IBaseDisk
    {
        public IDiskWriter Disk => made.Writer;

        public async Task<Guid?> CommitAsync(CancellationToken ct)
        {
            if (await room.CommitBaseAsync(blobId, made, ct) is not { } id)
                return null;
            await made.LetGoAsync(undo);
            return id;
        }

        public ValueTask DisposeAsync() => undo.DisposeAsync();
    }
}
