using Tintype.Platform.Policy;

namespace Tintype.Images.Records;

/// <summary>What other rooms may ask about images. Only this room writes their tables.</summary>
public interface IImageCatalog
{
    /// <summary>The image if the caller may see it (Glance's visibility rules, by id); null if absent, deleted or invisible.</summary>
    Task<ImageRecord?> FindVisibleAsync(Guid id, Caller caller, CancellationToken ct);

    /// <summary>The image whoever asks: for the system's own work. Null if absent or deleted.</summary>
    Task<ImageRecord?> FindAsync(Guid id, CancellationToken ct);
}

/// <summary>An image that the system makes, a snapshot for example. It starts as <c>queued</c>.</summary>
/// <param name="Properties">May hold <c>tintype_*</c>: this is the system speaking.</param>
public sealed record NewSystemImage(
    Guid Id, string Name, string Owner, ImageVisibility Visibility, int MinDisk, int MinRam, IReadOnlyDictionary<string, string> Properties)
{
    /// <summary>Projects that it is offered to from its first moment; their answer is pending.</summary>
    public IReadOnlyList<string> Members { get; init; } = [];
}

/// <summary>What the system itself does to images, for the rooms that make or judge them.</summary>
public interface ISystemImages
{
    Task<ImageRecord> CreateAsync(NewSystemImage image, CancellationToken ct);

    /// <summary>
    /// Takes <paramref name="data"/> through the same pipeline as an upload (hashes, inspection, durable before active) and makes
    /// the image active. On any failure the image is back to <c>queued</c> and no bytes stay.
    /// </summary>
    /// <param name="properties">Set together with the activation; null values remove.</param>
    Task<ImageRecord> IngestAsync(Guid id, string diskFormat, string containerFormat, Stream data,
        IReadOnlyDictionary<string, string?> properties, CancellationToken ct);

    /// <summary>Sets (or, where the value is null, removes) properties, <c>tintype_*</c> among them. No error if the image has gone.</summary>
    Task SetPropertiesAsync(Guid id, IReadOnlyDictionary<string, string?> properties, CancellationToken ct);

    /// <summary>Removes an image that never became of use, protected or not. No error if it has gone.</summary>
    Task DiscardAsync(Guid id, CancellationToken ct);
}
