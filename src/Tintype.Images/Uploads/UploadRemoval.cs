using Microsoft.Extensions.Logging;
using Tintype.Images.Records;
using Tintype.Platform.Database;

namespace Tintype.Images.Uploads;

/// <summary>Ends uploads: the client's wish, an image that went, time that ran out. An image that waited for the data is queued again.</summary>
internal sealed class UploadRemoval(
    UploadRepository uploads, UploadFiles files, KeptDigests kept, UploadTurns turns, ImageLifecycle lifecycle, MetadataDatabase database,
    TimeProvider time, ILogger<UploadRemoval> log)
{
    /// <summary>A request that is just sending bytes is broken off.</summary>
    public async Task RemoveAsync(Guid id, CancellationToken ct)
    {
        using var turn = await turns.TakeOverAsync(id, ct);
        await RemoveHeldAsync(id);
    }

    /// <summary>Whoever calls has the upload's turn. The data of one that is complete is the image's, and stays.</summary>
    public async Task RemoveHeldAsync(Guid id)
    {
        var removed = await database.WriteAsync(async scope =>
        {
            var upload = await uploads.DeleteAsync(scope, id);
            if (upload is { IsCompleted: false })
                await lifecycle.ReturnToQueuedAsync(scope, upload.ImageId);
            return upload;
        }, CancellationToken.None);
        kept.Forget(id);
        files.Delete(id);
        if (removed is not null)
            UploadLog.Ended(log, id, removed.ImageId, removed.Offset, removed.Length);
    }

    /// <summary>What has expired, and is not going on just now; what has lost its image; and files without an upload, as crashes leave them.</summary>
    public async Task SweepAsync(CancellationToken ct)
    {
        foreach (var id in await uploads.ListEndedAsync(ct))
        {
            if (await uploads.FindAsync(id, ct) is not { } upload)
                continue;
            if (upload.ExpiresAt > time.GetUtcNow())
            {
                await RemoveAsync(id, ct);
                continue;
            }

            using var turn = turns.TryTake(id);
            // It may have made progress before its turn was ours.
            if (turn is not null && await uploads.FindAsync(id, ct) is { } still && still.ExpiresAt <= time.GetUtcNow())
                await RemoveHeldAsync(id);
        }

        // The row is there before the file, so that a file without one has lost it.
        var found = files.List();
        var unfinished = await uploads.ListUnfinishedAsync(ct);
        foreach (var id in found.Where(id => !unfinished.Contains(id)))
            files.Delete(id);
    }
}
