using Microsoft.Extensions.Options;
using Tintype.DiskFormats.Inspection;
using Tintype.Images.Data.Hashing;
using Tintype.Images.Records;
using Tintype.Images.Signatures;
using Tintype.Platform.Http;
using Tintype.Storage;

namespace Tintype.Images.Data.Ingest;

/// <summary>Writes data into a store as a blob that no row names yet: hashed, inspected, within the limits, durable.</summary>
internal sealed class BlobIntake(IOptions<ImageDataOptions> options)
{
    /// <param name="accept">Judges what has been found out, before anything is kept; throws to refuse.</param>
    /// <exception cref="Fault">413: the store is full or the data too large; whatever <paramref name="accept"/> throws. Nothing is kept.</exception>
    /// <exception cref="DataSourceException">The source failed. Nothing is kept.</exception>
    public async Task<IngestedData> WriteAsync(
        IBlobStore store, Guid blobId, Stream data, DataExamination examination, Action<IngestedData> accept, CancellationToken ct)
    {
        try
        {
            await using var writer = await store.CreateAsync(blobId, ct);
            var ingested = await IngestPipeline.RunAsync(data, writer, examination, RefuseBeyondCap, ct);
            accept(ingested);
            await writer.CommitAsync(ct);
            return ingested;
        }
        catch (StorageFullException full)
        {
            throw Fault.StorageFull(full);
        }
    }

    /// <summary>What is to be found out of data that an image is to have: its hashes, that of its signature too, and whether the operator's rules allow it.</summary>
    /// <param name="image">In the formats that the data is to have.</param>
    /// <param name="ownDisk">Whether this system read the data from a guest's disk itself: a raw one may hold whatever the guest
    /// wrote, and is opened as raw alone, like the disk that it is of.</param>
    /// <param name="kept">Another hash than the operator's; null for that one.</param>
    public DataExamination Examine(ImageRecord image, bool ownDisk = false, HashKind? kept = null, IEnumerable<HashKind>? also = null) => new(
        kept ?? options.Value.Hash, SignatureHash.Wanted(image.Properties).Concat(also ?? []),
        new FormatInspection(image.DiskFormat ?? "raw", wrapped: image.ContainerFormat is not (null or "bare"), options.Value.Inspection with { RawMayBeAnything = ownDisk }));

    /// <summary>Of data that has been judged before: its hash.</summary>
    public DataExamination ExamineAgain(ImageHash? known) => new(known is null ? options.Value.Hash : HashKind.Get(known.Algorithm), [], new FormatInspection("raw"));

    /// <exception cref="Fault">413.</exception>
    public void RefuseBeyondCap(long size)
    {
        if (size > options.Value.SizeCapBytes)
            throw Fault.ImageTooLarge(options.Value.SizeCapBytes);
    }
}
