using Tintype.Images.Records;
using Tintype.Images.Sharing;

namespace Tintype.Images.Listing;

/// <summary>What a client asks of the list.</summary>
/// <param name="Limit">At most so many images; 0 is legal and gives none.</param>
/// <param name="Marker">The id, as sent, of the last image of the page before.</param>
/// <param name="Sort">Never empty; ends with created_at and id, so that it is an order.</param>
/// <param name="Visibility">Which images are asked for; see <see cref="VisibilityFilter"/>.</param>
/// <param name="MemberStatus">What the caller's project must have made of an offer for the image to be listed; null: anything.</param>
internal sealed record ImageListQuery(
    int Limit, string? Marker, IReadOnlyList<ImageSort> Sort, bool Hidden, VisibilityFilter Visibility, MemberStatus? MemberStatus,
    IReadOnlyList<ImageFilter> Filters);

internal enum SortKey
{
    Name,
    Status,
    ContainerFormat,
    DiskFormat,
    Size,
    Id,
    CreatedAt,
    UpdatedAt,
}

internal sealed record ImageSort(SortKey Key, bool Descending);

/// <summary>
/// The list's <c>visibility</c>. Without it community images of others stay out: there would be too many that nobody asked for.
/// </summary>
/// <param name="Only">The one visibility that is asked for; null: several.</param>
/// <param name="All">All that the caller may see, the community's too.</param>
internal sealed record VisibilityFilter(ImageVisibility? Only, bool All)
{
    public static VisibilityFilter Default { get; } = new(null, false);
}

/// <summary>A condition on an image beside those of visibility. All of a query's must hold.</summary>
internal abstract record ImageFilter
{
    private ImageFilter()
    {
    }

    /// <summary>The attribute is one of the values.</summary>
    public sealed record Text(TextAttribute Attribute, IReadOnlyList<string> Values) : ImageFilter;

    /// <summary>From (inclusive) to (inclusive); an unset attribute is in no range.</summary>
    public sealed record Number(NumberAttribute Attribute, long From, long To) : ImageFilter;

    /// <summary>From (inclusive) to before (exclusive), microseconds since 1970; or, negated, outside of that.</summary>
    public sealed record Time(TimeAttribute Attribute, long From, long Before, bool Negated) : ImageFilter;

    public sealed record Protected(bool Value) : ImageFilter;

    public sealed record Tag(string Value) : ImageFilter;

    public sealed record Property(string Name, string Value) : ImageFilter;

    /// <summary>Asks for a value that the attribute cannot have.</summary>
    public sealed record Never : ImageFilter;
}

internal enum TextAttribute
{
    Name,
    Id,
    Status,
    ContainerFormat,
    DiskFormat,
    Owner,
    Checksum,
    HashAlgorithm,
    HashValue,
}

internal enum NumberAttribute
{
    Size,
    VirtualSize,
    MinRam,
    MinDisk,
}

internal enum TimeAttribute
{
    CreatedAt,
    UpdatedAt,
}
