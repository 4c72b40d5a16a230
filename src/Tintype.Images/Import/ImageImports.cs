using Tintype.Images.Import.GlanceDownload;
using Tintype.Images.Import.Preparation;
using Tintype.Images.Import.WebDownload;
using Tintype.Images.Quotas;
using Tintype.Images.Records;
using Tintype.Images.Staging;
using Tintype.Images.Stores;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Import;

/// <summary>Begins imports: the image is marked and its task queued in one transaction.</summary>
internal sealed class ImageImports(
    ImageLifecycle lifecycle, ImageRepository images, ImageRules rules, StagedDataRepository staged, ImageStores stores, DownloadRules downloads,
    ImageQuotas quotas, TaskQueue tasks, ForwardedTokens tokens, MetadataInjection injection, MetadataDatabase database)
{
    /// <param name="wishedStore">The header <c>x-image-meta-store</c>; null without it.</param>
    /// <param name="token">The caller's, for an import that goes to another service in the caller's name.</param>
    /// <exception cref="Fault">400, 403, 404, 409 as Glance has them.</exception>
    public async Task StartAsync(Guid id, ImportRequest request, string? wishedStore, Caller caller, string token, string requestId, CancellationToken ct)
    {
        // Seen from here, because a task that has ended is no lock, and asking for one inside the write is another read.
        var lockedBy = await LockAsync(id, ct);
        var remote = request.Remote is { } named ? named with { MayRead = await MayReadAsync(named, caller, ct) } : null;
        await database.WriteAsync(async scope =>
        {
            var image = await lifecycle.FindForAsync(scope, ImageAction.Show, id, caller);
            ImportRules.CheckState(request.Method, image);
            await lifecycle.FindForAsync(scope, request.Method == ImportMethod.CopyImage ? ImageAction.CopyToStore : ImageAction.Modify, id, caller);
            if (lockedBy is { } task && image.Properties.GetValueOrDefault(ImportMarks.Task) == task)
                throw Fault.Conflict($"New operation on image '{id}' is not permitted as prior operation is still in progress");
            var targets = ImportRules.Stores(request, wishedStore, image, stores.Writable, stores.Default.Name);
            if (request.Uri is { } uri)
                downloads.Check(uri);
            if (request.Method == ImportMethod.GlanceDirect && await staged.FindAsync(scope, id) is null)
                throw Fault.Conflict("The image's data is still being staged; import it once that has ended.");
            if (targets.Count == 0)
                return;

            var work = new ImportWork(request.Method, request.Uri, targets, request.MustAllSucceed)
            {
                Inject = injection.AppliesTo(caller),
                Remote = remote,
                Promise = request.Promise,
                Said = request.Body,
            };
            var taskId = await tasks.EnqueueAsync(scope, new NewTask(ImportWork.Kind, id, caller.ProjectId, caller.UserId, requestId, work.ToJson()));
            var marked = ImportMarks.Begin(image, taskId, targets);
            // Before the task can begin; one whose transaction fails never does, and its token is worthless within the hour.
            if (remote is { Region: not Region.Own })
                tokens.Keep(taskId, token);
            await quotas.AdmitUploadAsync(scope, await images.SaveAsync(
                scope, request.Method == ImportMethod.CopyImage ? marked : marked with { Status = ImageStatus.Importing }));
        }, ct);
    }

    private async Task<bool> MayReadAsync(RemoteImage remote, Caller caller, CancellationToken ct) =>
        remote.Region == Region.Own && await images.FindSeenByAsync(remote.Id, caller.ProjectId, ct) is { } seen
            && rules.Decide(ImageAction.Download, seen.Image, caller, seen.MemberStatus is not null) == ImageVerdict.Allowed;

    /// <summary>The task that holds the image, if it goes on.</summary>
    private async Task<string?> LockAsync(Guid id, CancellationToken ct) =>
        await images.FindAsync(id, ct) is { } image && image.Properties.TryGetValue(ImportMarks.Task, out var holder) && Guid.TryParse(holder, out var task)
            && await tasks.FindAsync(task, ct) is { State: TaskState.Pending or TaskState.Running } ? holder : null;
}
