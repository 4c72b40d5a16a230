using Tintype.Platform.Policy;

namespace Tintype.Images.Records;

internal sealed class ImageCatalog(ImageRepository images, ImageRules rules) : IImageCatalog
{
    public async Task<ImageRecord?> FindVisibleAsync(Guid id, Caller caller, CancellationToken ct) =>
        await images.FindSeenByAsync(id, caller.ProjectId, ct) is { } seen && rules.Sees(seen.Image, caller, seen.MemberStatus is not null)
            ? seen.Image : null;

    public Task<ImageRecord?> FindAsync(Guid id, CancellationToken ct) => images.FindAsync(id, ct);
}
