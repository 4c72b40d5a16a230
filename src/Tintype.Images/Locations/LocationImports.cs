using Microsoft.Extensions.Options;
using Tintype.Images.Data;
using Tintype.Images.Data.Blobs;
using Tintype.Images.Import;
using Tintype.Images.Import.WebDownload;
using Tintype.Images.Policies;
using Tintype.Images.Quotas;
using Tintype.Images.Records;
using Tintype.Images.Signatures;
using Tintype.Images.Stores;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Locations;

/// <summary>
/// The locations of images as a resource of their own: a queued image is given its one location, once.
/// <code>
/// queued, locked ─► measured ─► active ─► read and hashed ─► unlocked            nothing was said of the data
///                      └──────► importing ─► read, hashed, compared ─► active    it was, or the image is signed
/// whatever fails before active: queued again, without the location
/// </code>
/// </summary>
internal sealed class LocationImports(
    ImageLifecycle lifecycle, ImageRepository images, LocationRepository locations, BlobRepository blobs, ImageStores stores, ImagePolicies policies, DownloadRules downloads,
    IOptions<LocationOptions> options, ImageQuotas quotas, TaskQueue tasks, MetadataDatabase database, IBlobCollectorSignal collector)
{
    /// <exception cref="Fault">400, 403, 404, 409, 413.</exception>
    public async Task StartAsync(Guid id, AddLocationRequest request, Caller caller, string requestId, CancellationToken ct) => await database.WriteAsync(async scope =>
    {
        var image = await lifecycle.FindForAsync(scope, ImageAction.Show, id, caller);
        if (image.Status != ImageStatus.Queued)
            throw Fault.LocationsNotNow("add", image.Status);
        policies.Require(ImagePolicy.AddImageLocation, caller, image);
        var isOnTheWeb = stores.Web is not null && request.Url.StartsWith("http", StringComparison.Ordinal);
        if (!isOnTheWeb)
        {
            // There is no other store of which anybody could name a location: a service neither.
            throw caller.Has("service") ? Fault.InvalidLocation($"'{request.Url}' is in no store that locations may be named of.") : Fault.LocationForServices();
        }

        request.CheckHash();
        downloads.Check(request.Url);
        ImageLifecycle.RequireFormats(image);
        if (image.Properties.ContainsKey(ImportMarks.Task))
            throw Fault.Conflict($"New operation on image '{id}' is not permitted as prior operation is still in progress");
        // How much there is, only its server can say; who is at the limit already has nobody asked.
        await quotas.AdmitBytesAsync(scope, image, 1);
        var work = new LocationWork(request.Url, request.HashAlgorithm, request.HashValue);
        var task = await tasks.EnqueueAsync(scope, new NewTask(LocationWork.Kind, id, caller.ProjectId, caller.UserId, requestId, work.ToJson()));
        await images.SaveAsync(scope, ImportMarks.Hold(image, task));
    }, ct);

    /// <exception cref="Fault">403: where images lie is for services; 404.</exception>
    public async Task<IReadOnlyList<ImageLocation>> ListAsync(Guid id, Caller caller, CancellationToken ct)
    {
        var image = await lifecycle.FindForAsync(ImageAction.Show, id, caller, ct);
        policies.Require(ImagePolicy.FetchImageLocation, caller, image);
        return await locations.ListAsync(image.BlobId, ct);
    }

    /// <summary>Makes the location the image's. Nothing if an interrupted run of the task has done it.</summary>
    /// <exception cref="Fault">410: the image has gone, or other data has come; 413: the owner's quota has no room.</exception>
    public Task<ImageRecord> PlaceAsync(TaskRecord task, LocationWork work, long size) => database.WriteAsync(async scope =>
    {
        var image = await FindAsync(scope, task);
        if (image.Status != ImageStatus.Queued)
            return image;
        await quotas.AdmitBytesAsync(scope, image, size);
        var blobId = Guid.NewGuid();
        await blobs.InsertAsync(scope, blobId, size, BlobFormat.Of(image.DiskFormat!), null);
        await locations.ReplaceAsync(scope, blobId, [new ImageLocation(stores.Web!.Name, work.Url, IsOwn: false, LocationMetadata.Empty)]);
        var isToBeJudged = SignatureClaim.Of(image.Properties) is not null || (options.Value.DoSecureHash && work.HashValue is not null);
        return await images.SaveAsync(scope, image with
        {
            Status = isToBeJudged ? ImageStatus.Importing : ImageStatus.Active,
            BlobId = blobId,
            Size = size,
            Hash = options.Value.DoSecureHash || work.HashValue is not { } said ? null : new ImageHash(work.HashAlgorithm!, said.ToLowerInvariant()),
        });
    }, CancellationToken.None);

    /// <summary>Ends the task well.</summary>
    /// <param name="found">Null if the data has not been read.</param>
    public Task CompleteAsync(TaskRecord task, LocationData? found) => database.WriteAsync(async scope =>
    {
        var before = await FindAsync(scope, task);
        if (before.Status == ImageStatus.Importing && SignatureClaim.Of(before.Properties) != found?.Verified)
            throw Fault.SignatureChanged(before.Id);
        var image = ImportMarks.End(before) with { Status = ImageStatus.Active };
        if (found?.VirtualSize is { } virtualSize)
            await blobs.SetVirtualSizeAsync(scope, image.BlobId!.Value, virtualSize);
        await images.SaveAsync(scope, found is null ? image
            : image with { Checksum = found.Checksum, Hash = found.Hash, VirtualSize = found.VirtualSize });
    }, CancellationToken.None);

    /// <summary>Ends the task after a failure, or when it is cancelled.</summary>
    /// <returns>Whether the task still held the image; no error if it did not, or the image has gone.</returns>
    public Task<bool> FailAsync(TaskRecord task) => database.WriteAsync(async scope =>
    {
        if (await images.FindAsync(scope, task.SubjectId) is not { } image || !ImportMarks.IsHeldBy(image, task.Id))
            return false;
        await images.SaveAsync(scope, image.Status is not (ImageStatus.Queued or ImageStatus.Importing) ? ImportMarks.End(image)
            : ImportMarks.End(image) with { Status = ImageStatus.Queued, BlobId = null, Size = null, VirtualSize = null, Hash = null });
        scope.AfterCommit(collector.Wake);
        return true;
    }, CancellationToken.None);

    /// <summary>Whether the image is active, and what the task was to find out is known of it.</summary>
    public async Task<bool> IsDoneAsync(TaskRecord task) => await images.FindAsync(task.SubjectId, CancellationToken.None) is { Status: ImageStatus.Active, Hash: not null };

    private async Task<ImageRecord> FindAsync(WriteScope scope, TaskRecord task) =>
        await images.FindAsync(scope, task.SubjectId) is { Status: ImageStatus.Queued or ImageStatus.Importing or ImageStatus.Active or ImageStatus.Deactivated } image
            && ImportMarks.IsHeldBy(image, task.Id) ? image : throw Fault.ImageGoneDuringImport(task.SubjectId);
}
