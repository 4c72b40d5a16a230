using Microsoft.Extensions.Logging;
using Tintype.Images.Data;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Records;
using Tintype.Platform;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Staging;

/// <summary>
/// What a client sends ahead of an import.
/// <code>
/// queued ──► uploading ──► bytes durable in the staging area, their row written ──► (import)
///    ▲           │
///    └───────────┘ the upload broke off, or the server ended meanwhile
/// </code>
/// </summary>
internal sealed class ImageStaging(ImageLifecycle lifecycle, StagingArea area, BlobIntake intake, ILogger<ImageStaging> log)
{
    /// <exception cref="Fault">404; 403; 409: the image is not queued; 413 when there is no room, or the data is too large.</exception>
    public async Task StageAsync(Guid id, Caller caller, Stream data, long? promisedSize, CancellationToken ct)
    {
        await lifecycle.FindForAsync(ImageAction.Modify, id, caller, ct);
        if (promisedSize is { } promised)
            intake.RefuseBeyondCap(promised);
        var image = await lifecycle.BeginStagingAsync(id, promisedSize, ct);
        await using var undo = new UndoStack(log);
        undo.Push($"putting image {id} back to queued", () => lifecycle.ReturnToQueuedAsync(id, CancellationToken.None));
        await area.TakeAsync(image, data, promisedSize ?? 0, found => RefuseBrokenPromise(promisedSize, found.Size), StagedExtras.None, ct);
        undo.Commit();
    }

    private static void RefuseBrokenPromise(long? promised, long size)
    {
        if (promised is { } said && said != size)
            throw Fault.SizePromiseBroken(said, size);
    }
}
