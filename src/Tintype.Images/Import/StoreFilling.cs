using Microsoft.Extensions.Logging;
using Tintype.Images.Data;
using Tintype.Images.Data.Blobs;
using Tintype.Images.Data.Download;
using Tintype.Images.Data.Hashing;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Records;
using Tintype.Images.Signatures;
using Tintype.Images.Staging;
using Tintype.Images.Stores;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;
using Tintype.Storage;

namespace Tintype.Images.Import;

/// <summary>Puts the bytes of a blob into a store, from the staging area or from another store, and makes sure that they are the same.</summary>
internal sealed class StoreFilling(StagingArea area, BlobIntake intake, BlobReader reader, BlobRepository blobs, ImageSignatures signatures, ILogger<StoreFilling> log)
{
    /// <summary>Without reading the data, where the store can take the file as it is.</summary>
    public async Task FillAsync(ImageStore store, StagedData data, ITaskProgress progress, CancellationToken ct)
    {
        // What an interrupted run has left there.
        await store.Blobs.DeleteAsync(data.BlobId, ct);
        await FillAsync(store, data.BlobId, area.PathOf(data), data.Checksum, data.Hash, progress, ct);
    }

    /// <summary>The same with a finished file, of which nothing is in the store yet.</summary>
    public async Task FillAsync(ImageStore store, Guid blobId, string path, string checksum, ImageHash hash, ITaskProgress? progress, CancellationToken ct)
    {
        if (store.Blobs is IFileAdopting adopting && await adopting.TryAdoptAsync(path, blobId, ct))
            return;
        await using var source = File.OpenRead(path);
        await using var counted = new CountedStream(source, source.Length, progress);
        using var examination = intake.ExamineAgain(hash);
        await WriteAsync(store, blobId, counted, examination, _ => { }, checksum, hash, ct);
    }

    /// <summary>Copies what the image has in another store.</summary>
    /// <returns>What has been found out of data that nobody had looked at before; null for any other.</returns>
    public async Task<IngestedData?> CopyAsync(ImageStore store, ImageRecord image, ITaskProgress progress, CancellationToken ct)
    {
        var blobId = image.BlobId!.Value;
        await store.Blobs.DeleteAsync(blobId, ct);
        // What lies with others alone has come past no inspection, and perhaps no signature, and it is this copy that guests will boot from.
        var isForeign = (await blobs.ListCopiesAsync(blobId, ct)).All(copy => copy.Url is not null);
        var signature = isForeign ? await signatures.PrepareAsync(image, ct) : null;
        await using var source = await reader.OpenAsync(blobId, 0, image.Size!.Value, null, ct);
        await using var counted = new CountedStream(source, image.Size.Value, progress);
        using var examination = isForeign ? intake.Examine(image, kept: image.Hash is { } known ? HashKind.Get(known.Algorithm) : null)
            : intake.ExamineAgain(image.Hash);
        var found = await WriteAsync(store, blobId, counted, examination, isForeign ? found => Judge(found, signature) : _ => { }, image.Checksum, image.Hash, ct);
        return isForeign ? found : null;
    }

    /// <summary>Takes bytes out again that no row names; what the database says decides.</summary>
    public async Task EmptyAsync(ImageStore store, Guid blobId)
    {
        if (!(await blobs.ListCopiesAsync(blobId, CancellationToken.None)).Any(copy => copy.Store == store.Name))
            await store.Blobs.DeleteAsync(blobId, CancellationToken.None);
    }

    private async Task<IngestedData> WriteAsync(
        ImageStore store, Guid blobId, Stream source, DataExamination examination, Action<IngestedData> judge, string? checksum, ImageHash? hash, CancellationToken ct)
    {
        var started = TimeProvider.System.GetTimestamp();
        var written = await intake.WriteAsync(store.Blobs, blobId, source, examination, found =>
        {
            judge(found);
            if ((checksum is not null && found.Checksum != checksum) || (hash is not null && found.Hash != hash))
                throw Fault.CopyDiffers(store.Name, hash?.Value ?? checksum!, hash is null ? found.Checksum : found.Hash.Value);
        }, ct);
        ImportLog.Copied(log, blobId, store.Name, written.Size, TimeProvider.System.GetElapsedTime(started).TotalSeconds);
        return written;
    }

    private static void Judge(IngestedData found, DueSignature? signature)
    {
        if (found.Finding.Refusal is { } refusal)
            throw Fault.ImageDataRefused(refusal);
        signature?.Verify(found.Digests[signature.Hash.Name]);
    }
}
