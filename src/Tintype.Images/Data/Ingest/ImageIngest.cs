using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tintype.DiskFormats.Inspection;
using Tintype.Images.Data.Blobs;
using Tintype.Images.Records;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Storage;

namespace Tintype.Images.Data.Ingest;

/// <summary>
/// Brings data into an image: uploads, and what the system makes itself.
/// <code>
/// queued ─► saving ─► bytes to the store ─► promise kept? format as declared? safe? ─► data fsync, rename, directory fsync
///    ▲         │              │                     │                                        │
///    └─────────┴──────────────┴─────────────────────┘            one transaction: blob's row, image active ─► answer
///                  no bytes are kept                                                         │
///    what a crash leaves: before the rename an unfinished file, after it a whole file that no row names, and the image in
///    saving. Start-up puts the image back to queued; the collector removes the file.
/// </code>
/// </summary>
internal sealed class ImageIngest(
    ImageLifecycle lifecycle, IBlobStore store, BlobRepository blobs, MetadataDatabase database, RunningUploads running,
    IOptions<ImageDataOptions> options, ILogger<ImageIngest> log) : IImageIngest
{
    private static readonly Dictionary<string, string?> _noChanges = [];

    /// <summary>What a client sends.</summary>
    /// <param name="promisedSize">Bytes that the client says it will send; null if it does not say.</param>
    /// <exception cref="Fault">Whatever Glance refuses; 413 when the store is full or the image too large.</exception>
    public async Task UploadAsync(Guid id, Caller caller, Stream data, long? promisedSize, CancellationToken ct)
    {
        await lifecycle.FindForUploadAsync(id, caller, ct);
        if (promisedSize is { } promised)
            RefuseBeyondCap(promised);
        var image = await lifecycle.BeginSavingAsync(id, ct);
        await SaveAsync(image, data, promisedSize, _noChanges, ct);
    }

    public async Task<ImageRecord> IngestAsync(Guid id, string diskFormat, string containerFormat, Stream data,
        IReadOnlyDictionary<string, string?> properties, CancellationToken ct)
    {
        var image = await lifecycle.BeginSavingAsync(id, diskFormat, containerFormat, ct);
        return await SaveAsync(image, data, null, properties, ct);
    }

    private async Task<ImageRecord> SaveAsync(
        ImageRecord image, Stream data, long? promisedSize, IReadOnlyDictionary<string, string?> properties, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        var blobId = Guid.NewGuid();
        using var upload = running.Begin(blobId);
        await using var undo = new UndoStack(log);
        undo.Push($"putting image {image.Id} back to queued", () => lifecycle.ReturnToQueuedAsync(image.Id, CancellationToken.None));

        var ingested = await StoreAsync(image, blobId, data, promisedSize, ct);
        undo.Push($"removing blob {blobId}", () => RemoveUnnamedAsync(blobId));
        // The data is here and durable: a client that hangs up now has still uploaded an image.
        var active = await database.WriteAsync(async scope =>
        {
            await blobs.InsertAsync(scope, blobId, store.Name, ingested.Size, Readable(image.DiskFormat!), ingested.Finding.VirtualSize);
            return await lifecycle.ActivateAsync(scope, image.Id,
                new ImageDataFacts(blobId, ingested.Size, ingested.Finding.VirtualSize, ingested.Checksum, ingested.HashValue), properties);
        }, CancellationToken.None);
        undo.Commit();
        DataLog.Ingested(log, image.Id, ingested.Size, Stopwatch.GetElapsedTime(started).TotalSeconds, blobId);
        return active;
    }

    private async Task<IngestedData> StoreAsync(ImageRecord image, Guid blobId, Stream data, long? promisedSize, CancellationToken ct)
    {
        try
        {
            await using var writer = await store.CreateAsync(blobId, ct);
            var inspection = new FormatInspection(image.DiskFormat!, wrapped: image.ContainerFormat != "bare");
            var ingested = await IngestPipeline.RunAsync(data, writer, inspection, RefuseBeyondCap, ct);
            if (promisedSize is { } promised && promised != ingested.Size)
                throw Fault.SizePromiseBroken(promised, ingested.Size);
            if (ingested.Finding.Refusal is { } refusal)
                throw Fault.ImageDataRefused(refusal);
            await writer.CommitAsync(ct);
            return ingested;
        }
        catch (StorageFullException full)
        {
            throw Fault.StorageFull(full);
        }
    }

    /// <summary>
    /// The transaction failed, or nobody knows whether it did: what the database says decides, never the exception.
    /// </summary>
    private async Task RemoveUnnamedAsync(Guid blobId)
    {
        if (!await blobs.ExistsAsync(blobId, CancellationToken.None))
            await store.DeleteAsync(blobId, CancellationToken.None);
    }

    private void RefuseBeyondCap(long size)
    {
        if (size > options.Value.SizeCapBytes)
            throw Fault.ImageTooLarge(options.Value.SizeCapBytes);
    }

    /// <summary>What to tell a reader: formats without a structure of their own are plain bytes.</summary>
    private static string Readable(string diskFormat) => diskFormat is "iso" or "ami" or "ari" or "aki" ? "raw" : diskFormat;
}
