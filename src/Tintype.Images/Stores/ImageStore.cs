using Tintype.Storage;

namespace Tintype.Images.Stores;

/// <summary>A store by the name that operators and users know it by.</summary>
/// <param name="Driver">The kind of store.</param>
/// <param name="Weight">Of several that have an image, the greatest is read first.</param>
/// <param name="Properties">What an administrator is shown of its configuration.</param>
internal sealed record ImageStore(
    string Name, string Driver, string? Description, int Weight, IBlobStore Blobs, IReadOnlyDictionary<string, string> Properties)
{
    /// <summary>Whether others fill it.</summary>
    public bool IsReadOnly => Blobs is IUrlReadable;

    /// <summary>Whether it is the service's own, which nobody configured: users neither see it among the stores nor put anything there.</summary>
    public bool IsInternal { get; init; }

    /// <summary>Whether users may name it for their data.</summary>
    public bool TakesData => !IsReadOnly && !IsInternal;
}
