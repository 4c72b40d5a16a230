using Microsoft.Extensions.Logging;
using Tintype.Images.Data.Hashing;
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
    DataDirectory data, BlobIntake intake, ImageLifecycle lifecycle, StagedDataRepository staged, ImageQuotas quotas,
    MetadataDatabase database, RunningUploads running, ILogger<StagingArea> log)
{
    private readonly LocalStore _store = LocalStore.Open("os_glance_staging_store", data.Folder("staging"));

    public IBlobStore Blobs => _store;

    public string PathOf(StagedData data) => _store.PathOf(data.BlobId);

    /// <summary>Brings data in, in place of what the image had staged.</summary>
    /// <param name="image">Its formats are what the data is held against, and what the image will have with it.</param>
    /// <param name="reserved">Bytes for which the owner's quota has made room already.</param>
    /// <param name="accept">Judges what has come before it is kept; throws to refuse.</param>
    /// <exception cref="Platform.Http.Fault">413: too large, or no room; 410: the image is not one that data is staged for any more.</exception>
    public async Task<StagedData> TakeAsync(
        ImageRecord image, Stream bytes, long reserved, Action<IngestedData> accept, StagedExtras extras, CancellationToken ct)
    {
        var blobId = Guid.NewGuid();
        using var upload = running.Begin(blobId);
        using var examination = intake.Examine(image, also: extras.Hashes);
        var found = await intake.WriteAsync(_store, blobId, quotas.Meter(QuotaKind.Staging, image, bytes, reserved), examination, accept, ct);
        await using var undo = new UndoStack(log);
        undo.Push($"removing staged data {blobId}", () => RemoveUnnamedAsync(image.Id, blobId));
        var taken = new StagedData(blobId, image.Id, found.Size, found.Finding.VirtualSize, found.Checksum, found.Hash,
            image.DiskFormat, image.ContainerFormat, extras.Properties, found.Finding.Refusal)
        {
            Digests = found.Digests,
            IsPrepared = extras.IsPrepared,
        };
        await database.WriteAsync(async scope =>
        {
            await staged.ReplaceAsync(scope, taken);
            await quotas.SettleStagedAsync(scope, image.Id);
            await lifecycle.NoteStagedAsync(scope, image.Id, taken.Size);
        }, CancellationToken.None);
        undo.Commit();
        return taken;
    }

    /// <summary>The hash of what is staged, hexadecimal: as it was computed when the data came, or, where nobody had wished for it then, by reading it again.</summary>
    public async Task<string> DigestAsync(StagedData data, HashKind kind, CancellationToken ct)
    {
        if (data.Digests.TryGetValue(kind.Name, out var known))
            return known;
        await using var bytes = await OpenAsync(data, ct);
        return await kind.HashAsync(bytes, ct);
    }

    public Task<Stream> OpenAsync(StagedData data, CancellationToken ct) => _store.OpenReadAsync(data.BlobId, ct);

    /// <summary>The transaction failed, because the image has gone for one; what the database says decides.</summary>
    private async Task RemoveUnnamedAsync(Guid imageId, Guid blobId)
    {
        if ((await staged.FindAsync(imageId, CancellationToken.None))?.BlobId != blobId)
            await _store.DeleteAsync(blobId, CancellationToken.None);
    }
}
