using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Tintype.Images.Data.Blobs;
using Tintype.Images.Data.Hashing;
using Tintype.Images.Quotas;
using Tintype.Images.Records;
using Tintype.Images.Signatures;
using Tintype.Images.Stores;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Data.Ingest;

/// <summary>
/// Brings data into an image: uploads, and what the system makes itself.
/// <code>
/// queued ─► saving ─► bytes to the store ─► promise kept? format as declared? safe? signed? ─► data fsync, rename, directory fsync
///    ▲         │              │                     │                                        │
///    └─────────┴──────────────┴─────────────────────┘            one transaction: blob's row, image active ─► answer
///                  no bytes are kept                                                         │
///    what a crash leaves: before the rename an unfinished file, after it a whole file that no row names, and the image in
///    saving. Start-up puts the image back to queued; the collector removes the file.
/// </code>
/// </summary>
internal sealed class ImageIngest(
    ImageLifecycle lifecycle, ImageStores stores, BlobIntake intake, ImageSignatures signatures, ImageQuotas quotas, BlobRepository blobs, MetadataDatabase database, RunningUploads running,
    ILogger<ImageIngest> log) : IImageIngest
{
    private static readonly Dictionary<string, string?> _noChanges = [];

    /// <summary>What a client sends.</summary>
    /// <param name="promisedSize">Bytes that the client says it will send; null if it does not say.</param>
    /// <exception cref="Fault">Whatever Glance refuses; 413 when the store is full or the image too large.</exception>
    public async Task UploadAsync(Guid id, Caller caller, Stream data, long? promisedSize, ImageStore store, CancellationToken ct)
    {
        await lifecycle.FindForUploadAsync(id, caller, ct);
        if (promisedSize is { } promised)
            intake.RefuseBeyondCap(promised);
        var image = await lifecycle.BeginSavingAsync(id, promisedSize, ct);
        await SaveAsync(image, data, promisedSize, store, isOwnDisk: false, _noChanges, ct);
    }

    public async Task<ImageRecord> IngestAsync(Guid id, string diskFormat, string containerFormat, Stream data,
        IReadOnlyDictionary<string, string?> properties, CancellationToken ct)
    {
        var image = await lifecycle.BeginSavingAsync(id, diskFormat, containerFormat, null, ct);
        return await SaveAsync(image, data, null, stores.Default, isOwnDisk: true, properties, ct);
    }

    private async Task<ImageRecord> SaveAsync(ImageRecord image, Stream data, long? promisedSize, ImageStore store, bool isOwnDisk,
        IReadOnlyDictionary<string, string?> properties, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        var blobId = Guid.NewGuid();
        using var upload = running.Begin(blobId);
        await using var undo = new UndoStack(log);
        undo.Push($"putting image {image.Id} back to queued", () => lifecycle.ReturnToQueuedAsync(image.Id, CancellationToken.None));

        var signature = await signatures.PrepareAsync(image, ct);
        using var examination = intake.Examine(image, isOwnDisk);
        var ingested = await intake.WriteAsync(store.Blobs, blobId, quotas.Meter(QuotaKind.Store, image, data, promisedSize ?? 0), examination, found => Accept(found, promisedSize, signature), ct);
        undo.Push($"removing blob {blobId}", () => RemoveUnnamedAsync(store, blobId));
        // The data is here and durable: a client that hangs up now has still uploaded an image.
        var active = await database.WriteAsync(async scope =>
        {
            await blobs.InsertAsync(scope, blobId, ingested.Size, BlobFormat.Of(image.DiskFormat!), ingested.Finding.VirtualSize);
            await blobs.InsertCopyAsync(scope, new BlobCopy(blobId, store.Name, null));
            return await lifecycle.ActivateAsync(scope, image.Id,
                new ImageDataFacts(blobId, ingested.Size, ingested.Finding.VirtualSize, ingested.Checksum, ingested.Hash) { Verified = signature?.Claim }, properties);
        }, CancellationToken.None);
        undo.Commit();
        DataLog.Ingested(log, image.Id, ingested.Size, Stopwatch.GetElapsedTime(started).TotalSeconds, blobId, store.Name);
        return active;
    }

    private static void Accept(IngestedData found, long? promisedSize, DueSignature? signature)
    {
        if (promisedSize is { } promised && promised != found.Size)
            throw Fault.SizePromiseBroken(promised, found.Size);
        if (found.Finding.Refusal is { } refusal)
            throw Fault.ImageDataRefused(refusal);
        signature?.Verify(found.Digests[signature.Hash.Name]);
    }

    /// <summary>
    /// The transaction failed, or nobody knows whether it did: what the database says decides, never the exception.
    /// </summary>
    private async Task RemoveUnnamedAsync(ImageStore store, Guid blobId)
    {
        if (!await blobs.ExistsAsync(blobId, CancellationToken.None))
            await store.Blobs.DeleteAsync(blobId, CancellationToken.None);
    }
}
