using Tintype.Images.Records;

namespace Tintype.Images.Data;

/// <summary>The pipeline that all image data takes, for data that the system itself brings; see <see cref="ISystemImages.IngestAsync"/>.</summary>
internal interface IImageIngest
{
    Task<ImageRecord> IngestAsync(Guid id, string diskFormat, string containerFormat, Stream data,
        IReadOnlyDictionary<string, string?> properties, CancellationToken ct);
}
