using Tintype.DiskFormats.Inspection;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Quotas;
using Tintype.Images.Records;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Storage;
using Tintype.Storage.Local;

namespace Tintype.Images.Staging;

/// <summary>
/// Where data waits between its coming and its import: files on this host, hashed and inspected on the way in, so that an import
/// into a store of the same file system has nothing left to read.
/// </summary>
internal sealed class StagingArea(
    DataDirectory data, BlobIntake intake, StagedDataRepository staged, ImageQuotas quotas, MetadataDatabase database, RunningUploads running)
{
    private readonly LocalStore _store = LocalStore.Open("os_glance_staging_store", data.Folder("staging"));

    public IBlobStore Blobs => _store;

    public string PathOf(StagedData data) => _store.PathOf(data.BlobId);

    /// <summary>Brings data in, in place of what the image had staged.</summary>
    /// <param name="image">Its formats are what the data is held against.</param>
    /// <param name="reserved">Bytes for which the owner's quota has made room already.</param>
    /// <param name="also">Done in the transaction that makes the staged data the image's.</param>
    /// <param name="accept">Judges what has come before it is kept; throws to refuse.</param>
    /// <exception cref="Platform.Http.Fault">413: too large, or no room.</exception>
    public async Task<StagedData> TakeAsync(
        ImageRecord image, Stream bytes, long reserved, Action<IngestedData> accept, Func<WriteScope, StagedData, Task> also, CancellationToken ct)
    {
        var blobId = Guid.NewGuid();
        using var upload = running.Begin(blobId);
        var inspection = new FormatInspection(image.DiskFormat ?? "raw", wrapped: image.ContainerFormat is not (null or "bare"));
        var found = await intake.WriteAsync(_store, blobId, quotas.Meter(QuotaKind.Staging, image, bytes, reserved), inspection, accept, ct);
        var taken = new StagedData(blobId, image.Id, found.Size, found.Finding.VirtualSize, found.Checksum, found.HashValue, found.Finding.Refusal);
        await database.WriteAsync(async scope =>
        {
            await staged.ReplaceAsync(scope, taken);
            await quotas.SettleStagedAsync(scope, image.Id);
            await also(scope, taken);
        }, CancellationToken.None);
        return taken;
    }

    public Task<Stream> OpenAsync(StagedData data, CancellationToken ct) => _store.OpenReadAsync(data.BlobId, ct);
}
