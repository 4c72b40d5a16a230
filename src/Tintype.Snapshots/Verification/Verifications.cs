using Tintype.Compute.Servers;
using Tintype.Images.Records;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;

namespace Tintype.Snapshots.Verification;

/// <summary>Takes requests to boot &amp; test an image, and tells what was found.</summary>
internal sealed class Verifications(IImageCatalog images, IGuestHost host, VerificationRepository verifications, EvidenceSweep sweep,
    TaskQueue tasks, MetadataDatabase database)
{
    /// <returns>The task's id.</returns>
    public async Task<Guid> BeginAsync(Guid imageId, Caller caller, string requestId, CancellationToken ct)
    {
        var image = await images.FindVisibleAsync(imageId, caller, ct) ?? throw Fault.NoImageToVerify(imageId);
        if (!caller.IsMember)
            throw Fault.Forbidden("Booting an image takes the role 'member' in your project.");
        if (image.Status != ImageStatus.Active)
            throw Fault.Conflict($"Image {imageId} is {image.Status.ToString().ToLowerInvariant()}; only an active image can be booted.");
        if (host.UnavailableBecause is { } reason)
            throw Fault.Unavailable(reason);
        await sweep.SweepAsync(ct);

        var task = await database.WriteAsync(async scope =>
        {
            if (await verifications.FindAsync(scope, imageId) is { Verdict: Verdict.Running } running)
                throw Fault.Conflict($"Image {imageId} is being verified already, by task {running.TaskId}; wait for its verdict.");
            var id = await tasks.EnqueueAsync(scope, new NewTask(VerificationTask.TaskKind, imageId, caller.ProjectId, caller.UserId, requestId, "{}"));
            await verifications.BeginAsync(scope, imageId, id);
            return id;
        }, ct);
        return task;
    }

    /// <summary>The newest verification of an image that the caller may see.</summary>
    public async Task<VerificationRecord> FindAsync(Guid imageId, Caller caller, CancellationToken ct)
    {
        var image = await images.FindVisibleAsync(imageId, caller, ct) ?? throw Fault.NoImageToVerify(imageId);
        return await verifications.FindAsync(image.Id, ct) ?? throw Fault.NotVerified(imageId);
    }
}

internal static class VerificationFaults
{
    extension(Fault)
    {
        public static Fault NoImageToVerify(Guid id) => Fault.NotFound($"No image found with ID {id}.");

        public static Fault NotVerified(Guid id) =>
            Fault.NotFound($"Image {id} has not been verified; POST /tintype/v1/images/{id}/verify boots and tests it.");

        public static Fault NoSuchEvidence(Guid id) =>
            Fault.NotFound($"The verification of image {id} has left none of this; its verdict under /tintype/v1/images/{id}/verification says what there is.");

        public static Fault NothingToBoot(Guid id) => Fault.Conflict($"Image {id} has no data any more.");

        public static Fault NoMemoryToBoot(Guid id, int mebibytes) => Fault.Unavailable(
            $"There is no room for a guest of {mebibytes} MiB to boot image {id} in. Stop a server, or try again once one has ended.");
    }
}
