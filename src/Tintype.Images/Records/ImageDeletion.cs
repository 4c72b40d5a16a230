using Tintype.Images.Data;
using Tintype.Images.Uploads;
using Tintype.Platform.Database;

namespace Tintype.Images.Records;

/// <summary>The one way by which an image goes: its row is marked, in one transaction, and the collector is told.</summary>
internal sealed class ImageDeletion(ImageRepository images, IBlobCollectorSignal collector, UploadSweepSignal uploads)
{
    /// <summary>Whoever calls has made sure that the image may go.</summary>
    public async Task DeleteAsync(WriteScope scope, ImageRecord image)
    {
        ImageLifecycle.Check(image.Status, ImageStatus.Deleted);
        await images.MarkDeletedAsync(scope, image.Id);
        scope.AfterCommit(collector.Wake);
        scope.AfterCommit(uploads.Wake);
    }
}
