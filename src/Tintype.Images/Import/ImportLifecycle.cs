using Tintype.Images.Data;
using Tintype.Images.Data.Hashing;
using Tintype.Images.Quotas;
using Tintype.Images.Records;
using Tintype.Platform.Database;
using Tintype.Platform.Http;

namespace Tintype.Images.Import;

/// <summary>The image's side of an import that goes on: found, marked, and let go, by the task that holds it.</summary>
internal sealed class ImportLifecycle(ImageRepository images, ImageQuotas quotas, MetadataDatabase database, IBlobCollectorSignal collector)
{
    /// <exception cref="Fault">410: it was deleted, or given back to the queue.</exception>
    public async Task<ImageRecord> FindImportingAsync(Guid id, CancellationToken ct) =>
        await images.FindAsync(id, ct) is { Status: ImageStatus.Importing } image ? image : throw Fault.ImageGoneDuringImport(id);

    /// <summary>The same within a write, if this task still holds the image.</summary>
    public async Task<ImageRecord> FindImportingAsync(WriteScope scope, Guid id, Guid task) =>
        await images.FindAsync(scope, id) is { Status: ImageStatus.Importing } image && ImportMarks.IsHeldBy(image, task)
            ? image : throw Fault.ImageGoneDuringImport(id);

    /// <exception cref="Fault">410: it was deleted, or has no data.</exception>
    public async Task<ImageRecord> FindCopyableAsync(Guid id, CancellationToken ct) =>
        await images.FindAsync(id, ct) is { BlobId: not null, Size: not null } image ? image : throw Fault.ImageGoneDuringImport(id);

    public async Task<bool> IsHeldAsync(Guid id, Guid task) => await images.FindAsync(id, CancellationToken.None) is { } image && ImportMarks.IsHeldBy(image, task);

    public async Task<bool> IsActiveAsync(Guid id) => await images.FindAsync(id, CancellationToken.None) is { Status: ImageStatus.Active };

    /// <summary>Null if the image has gone, or has no data.</summary>
    public async Task<Guid?> FindBlobAsync(Guid id) => (await images.FindAsync(id, CancellationToken.None))?.BlobId;

    /// <summary>Completes what is known of an image's data by what has been found out. No error if the image has gone.</summary>
    public async Task LearnAsync(WriteScope scope, Guid id, IngestedData found)
    {
        if (await images.FindAsync(scope, id) is not { } image)
            return;
        await images.SaveAsync(scope, image with
        {
            VirtualSize = image.VirtualSize ?? found.Finding.VirtualSize,
            Checksum = image.Checksum ?? found.Checksum,
            Hash = image.Hash ?? found.Hash,
        });
    }

    /// <summary>Notes how far an import is, if its task still holds the image. No error if the image has gone.</summary>
    public Task MarkAsync(Guid id, Guid task, Func<ImageRecord, ImageRecord> mark) => database.WriteAsync(async scope =>
    {
        if (await images.FindAsync(scope, id) is { } image && ImportMarks.IsHeldBy(image, task))
            await images.SaveAsync(scope, mark(image));
    }, CancellationToken.None);

    /// <summary>After an import that failed or was cancelled: marked, and queued again unless the image was active before.</summary>
    /// <returns>Whether the task still held the image; no error if it did not, or the image has gone.</returns>
    public Task<bool> FailAsync(Guid id, Guid task, IReadOnlyList<string> stores) => database.WriteAsync(async scope =>
    {
        var image = await images.FindAsync(scope, id);
        if (image is not null && !ImportMarks.IsHeldBy(image, task))
            return false;
        await quotas.ReleaseAsync(scope, id);
        if (image is null)
            return false;
        var marked = ImportMarks.End(ImportMarks.Fail(image, stores));
        await images.SaveAsync(scope, image.Status == ImageStatus.Importing
            ? marked with { Status = ImageStatus.Queued, Size = null, VirtualSize = null } : marked);
        scope.AfterCommit(collector.Wake);
        return true;
    }, CancellationToken.None);
}
