using Tintype.Images.Data;
using Tintype.Images.Quotas;
using Tintype.Images.Sharing;
using Tintype.Platform.Database;
using Tintype.Platform.Http;

namespace Tintype.Images.Records;

internal sealed class SystemImages(
    ImageRepository images, MemberRepository members, ImageDeletion deletion, IImageIngest ingest, ImageQuotas quotas, MetadataDatabase database,
    TimeProvider time) : ISystemImages
{
    public Task<ImageRecord> CreateAsync(NewSystemImage image, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var now = time.GetUtcNow();
        var record = new ImageRecord(image.Id, image.Name, image.Owner, ImageStatus.Queued, image.Visibility, false, false, null, null,
            image.MinDisk, image.MinRam, null, null, null, null, null, image.Properties, [], now, now);
        await quotas.AdmitImageAsync(scope, record.Owner);
        if (!await images.InsertAsync(scope, record))
            throw Fault.DuplicateImage(image.Id);
        foreach (var project in image.Members)
            await members.InsertAsync(scope, record, project);
        return record;
    }, ct);

    public Task<ImageRecord> IngestAsync(Guid id, string diskFormat, string containerFormat, Stream data,
        IReadOnlyDictionary<string, string?> properties, CancellationToken ct) =>
        ingest.IngestAsync(id, diskFormat, containerFormat, data, properties, ct);

    public Task SetPropertiesAsync(Guid id, IReadOnlyDictionary<string, string?> properties, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        if (await images.FindAsync(scope, id) is { } image)
            await images.SaveAsync(scope, image with { Properties = image.Properties.With(properties) });
    }, ct);

    public Task DiscardAsync(Guid id, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        if (await images.FindAsync(scope, id) is { } image)
            await deletion.DeleteAsync(scope, image);
    }, ct);
}
