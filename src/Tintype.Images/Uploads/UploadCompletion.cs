using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tintype.Images.Data;
using Tintype.Images.Data.Blobs;
using Tintype.Images.Data.Hashing;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Import;
using Tintype.Images.Records;
using Tintype.Images.Signatures;
using Tintype.Images.Stores;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Storage.Local;

namespace Tintype.Images.Uploads;

/// <summary>
/// Makes an upload of which all bytes are here the image's data, with the refusals of an upload in one go:
/// <code>
/// format as declared? safe? signed? ─► data fsync ─► the store takes the file ─► one transaction: blob's row, image active, upload complete
/// a crash before the transaction: the last piece is sent again, and this runs again; the collector removes what the store has taken.
/// </code>
/// </summary>
internal sealed class UploadCompletion(
    ImageLifecycle lifecycle, ImageSignatures signatures, ImageStores stores, StoreFilling filling, BlobRepository blobs, UploadRepository uploads, UploadFiles files, UploadRemoval removal,
    MetadataDatabase database, RunningUploads running, IOptions<UploadOptions> options, TimeProvider time, ILogger<UploadCompletion> log)
{
    /// <summary>Whoever calls has the upload's turn.</summary>
    public async Task<ResumableUpload> CompleteAsync(ResumableUpload upload, ImageRecord image, GrowingFile file, DataDigest digest)
    {
        var found = digest.Finish();
        SignatureClaim? verified;
        try
        {
            verified = await JudgeAsync(upload, image, found);
        }
        catch (Fault)
        {
            // Sending it again would not make it better.
            await removal.RemoveHeldAsync(upload.Id);
            throw;
        }

        await file.FinishAsync();
        var store = stores.TryFind(upload.Store, out var wished) ? wished : throw Fault.StoreNotConfigured(upload.Store);
        var blobId = Guid.NewGuid();
        using var onItsWay = running.Begin(blobId);
        await using var undo = new UndoStack(log);
        undo.Push($"emptying store {store.Name} of blob {blobId}", () => filling.EmptyAsync(store, blobId));
        await filling.FillAsync(store, blobId, files.PathOf(upload.Id), found.Checksum, found.Hash, null, CancellationToken.None);
        var complete = upload with { Offset = upload.Length, ExpiresAt = time.GetUtcNow() + options.Value.Lifetime, IsCompleted = true };
        await database.WriteAsync(async scope =>
        {
            if (!await uploads.CompleteAsync(scope, upload.Id, complete.ExpiresAt))
                throw Fault.UploadGone(upload.Id);
            await blobs.InsertAsync(scope, blobId, found.Size, BlobFormat.Of(image.DiskFormat!), found.Finding.VirtualSize);
            await blobs.InsertCopyAsync(scope, new BlobCopy(blobId, store.Name, null));
            await lifecycle.ActivateAsync(scope, upload.ImageId,
                new ImageDataFacts(blobId, found.Size, found.Finding.VirtualSize, found.Checksum, found.Hash) { Verified = verified }, new Dictionary<string, string?>());
        }, CancellationToken.None);
        undo.Commit();
        // The store has it under a name of its own.
        files.Delete(upload.Id);
        UploadLog.Completed(log, upload.ImageId, found.Size, upload.Id, blobId, store.Name);
        return complete;
    }

    /// <returns>The signature that the data has; null if it needs none.</returns>
    private async Task<SignatureClaim?> JudgeAsync(ResumableUpload upload, ImageRecord image, IngestedData found)
    {
        if (found.Finding.Refusal is { } refusal)
            throw Fault.ImageDataRefused(refusal);
        if (await signatures.PrepareAsync(image, CancellationToken.None) is not { } signature)
            return null;
        signature.Verify(found.Digests.TryGetValue(signature.Hash.Name, out var digest) ? digest : await HashAsync(upload, signature.Hash));
        return signature.Claim;
    }

    /// <summary>Reads all again: the image has been said to be signed since its data began to come.</summary>
    private async Task<string> HashAsync(ResumableUpload upload, HashKind kind)
    {
        await using var data = File.OpenRead(files.PathOf(upload.Id));
        return await kind.HashAsync(data, CancellationToken.None);
    }
}
