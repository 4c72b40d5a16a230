using CsCheck;
using Tintype.Images.Listing;
using Tintype.Images.Records;
using Tintype.Images.Sharing;
using Tintype.Platform.Database;
using Tintype.Platform.Policy;
using Tintype.Tests.Images.Records;

namespace Tintype.Tests.Images.Listing;

/// <summary>Images with their offers, and what a list of them must be: the rules said once more, slowly and plainly.</summary>
internal sealed record ImageWorld(IReadOnlyList<ImageRecord> Images, IReadOnlyList<ImageMember> Members)
{
    private static readonly string[] _projects = [Personas.Owners, Personas.Offered, Personas.Strangers];

    // Few values of everything, so that ties, nulls and coincidences are common.
    private static readonly Gen<ImageRecord> _image = Gen.Select(
        OneOf<string?>(null, "", "a", "b:c"), OneOf(_projects), OneOf(ImageStatus.Queued, ImageStatus.Active),
        Gen.Enum<ImageVisibility>(), Gen.Frequency((4, Gen.Const(false)), (1, Gen.Const(true))), OneOf<string?>(null, "raw", "qcow2"),
        Gen.Int[0, 2], Gen.Int[0, 3], (name, owner, status, visibility, hidden, format, number, second) => TestImages.New() with
        {
            Name = name,
            Owner = owner,
            Status = status,
            Visibility = visibility,
            Hidden = hidden,
            Protected = number == 1,
            DiskFormat = format,
            MinDisk = number,
            Size = status == ImageStatus.Active ? number * 10 : null,
            Hash = status == ImageStatus.Active ? new ImageHash("sha512", "h") : null,
            Tags = number == 0 ? [] : number == 1 ? ["x"] : ["x", "é"],
            Properties = format is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["k\"é"] = format },
            CreatedAt = TestImages.Noon.AddSeconds(second),
            UpdatedAt = TestImages.Noon.AddSeconds(3 - second),
        });

    public static Gen<ImageWorld> Any { get; } = Gen.Select(_image.List[0, 25], Gen.Select(
        Gen.Int[0, 24], OneOf(_projects), Gen.Enum<MemberStatus>(), (at, project, status) => (At: at, Project: project, Status: status)).List[0, 25], (images, offers) =>
        new ImageWorld(images,
        [
            .. offers.Where(o => o.At < images.Count).DistinctBy(o => (o.At, o.Project))
                .Select(o => new ImageMember(images[o.At].Id, o.Project, o.Status, TestImages.Noon, TestImages.Noon)),
        ]));

    public static Gen<ImageListQuery> AnyQuery { get; } = Gen.Select(
        Gen.Select(Gen.Enum<SortKey>(), Gen.Bool, (key, descending) => new ImageSort(key, descending)).List[0, 3], Gen.Bool,
        OneOf(false, false, false, true),
        OneOf(
            VisibilityFilter.Default, VisibilityFilter.Default, new VisibilityFilter(null, true), new VisibilityFilter(ImageVisibility.Public, false),
            new VisibilityFilter(ImageVisibility.Community, false), new VisibilityFilter(ImageVisibility.Shared, false), new VisibilityFilter(ImageVisibility.Private, false)),
        OneOf<MemberStatus?>(MemberStatus.Accepted, MemberStatus.Pending, MemberStatus.Rejected, null),
        OneOf<ImageFilter>(
            new ImageFilter.Text(TextAttribute.Name, ["a"]), new ImageFilter.Text(TextAttribute.Name, ["", "b:c"]), new ImageFilter.Text(TextAttribute.Status, ["active"]),
            new ImageFilter.Text(TextAttribute.Owner, [Personas.Owners]), new ImageFilter.Text(TextAttribute.HashAlgorithm, ["sha512"]), new ImageFilter.Tag("x"),
            new ImageFilter.Tag("é"), new ImageFilter.Property("k\"é", "raw"), new ImageFilter.Property("K\"é", "raw"), new ImageFilter.Protected(true),
            new ImageFilter.Number(NumberAttribute.Size, 10, long.MaxValue), new ImageFilter.Number(NumberAttribute.MinDisk, 0, 1), new ImageFilter.Never(),
            new ImageFilter.Time(TimeAttribute.CreatedAt, TestImages.Noon.ToMicroseconds(), TestImages.Noon.AddSeconds(2).ToMicroseconds(), false),
            new ImageFilter.Time(TimeAttribute.UpdatedAt, TestImages.Noon.ToMicroseconds(), TestImages.Noon.AddSeconds(2).ToMicroseconds(), true)).List[0, 2],
        Gen.Int[1, 6], (sort, tieBreakersDescend, hidden, visibility, memberStatus, filters, limit) => new ImageListQuery(limit, null,
        [
            .. sort.Append(new(SortKey.CreatedAt, tieBreakersDescend)).Append(new(SortKey.Id, tieBreakersDescend)).DistinctBy(s => s.Key),
        ], hidden, visibility, memberStatus, filters));

    public IReadOnlyList<Guid> List(ImageListQuery query, Caller caller)
    {
        IOrderedEnumerable<ImageRecord>? ordered = null;
        var listed = Images.Where(image => IsListed(image, query, caller) && query.Filters.All(f => Matches(image, f)));
        foreach (var sort in query.Sort)
        {
            IComparable Key(ImageRecord image) => sort.Key switch
            {
                SortKey.Name => new Ordinal(image.Name ?? ""),
                SortKey.Status => new Ordinal(image.Status.Word()),
                SortKey.ContainerFormat => new Ordinal(image.ContainerFormat ?? ""),
                SortKey.DiskFormat => new Ordinal(image.DiskFormat ?? ""),
                SortKey.Size => image.Size ?? 0,
                SortKey.Id => new Ordinal(image.Id.ToString()),
                SortKey.CreatedAt => image.CreatedAt,
                _ => image.UpdatedAt,
            };
            ordered = (ordered, sort.Descending) switch
            {
                (null, true) => listed.OrderByDescending(Key),
                (null, false) => listed.OrderBy(Key),
                (_, true) => ordered.ThenByDescending(Key),
                _ => ordered.ThenBy(Key),
            };
        }

        return [.. ordered!.Select(image => image.Id)];
    }

    private bool IsListed(ImageRecord image, ImageListQuery query, Caller caller)
    {
        var own = image.Owner == caller.ProjectId;
        var offered = image.Visibility == ImageVisibility.Shared && Members.Any(m =>
            m.ImageId == image.Id && m.Member == caller.ProjectId && (query.MemberStatus is null || m.Status == query.MemberStatus));
        var comesToSee = caller.IsAdmin || own || offered || image.Visibility is ImageVisibility.Public or ImageVisibility.Community;
        var asked = query.Visibility.All
            || (query.Visibility.Only is { } only ? image.Visibility == only : own || image.Visibility != ImageVisibility.Community);
        return comesToSee && asked && image.Hidden == query.Hidden;
    }

    private static bool Matches(ImageRecord image, ImageFilter filter) => filter switch
    {
        ImageFilter.Text text => text.Values.Contains(text.Attribute switch
        {
            TextAttribute.Name => image.Name,
            TextAttribute.Status => image.Status.Word(),
            TextAttribute.Owner => image.Owner,
            TextAttribute.HashAlgorithm => image.Hash?.Algorithm,
            _ => throw new ArgumentOutOfRangeException(nameof(filter), text.Attribute, "No such filter is generated."),
        }),
        ImageFilter.Number number => (number.Attribute == NumberAttribute.Size ? image.Size : image.MinDisk) is { } value && value >= number.From && value <= number.To,
        ImageFilter.Time time => (time.Attribute == TimeAttribute.CreatedAt ? image.CreatedAt : image.UpdatedAt).ToMicroseconds() is var at
            && (at >= time.From && at < time.Before) != time.Negated,
        ImageFilter.Tag tag => image.Tags.Contains(tag.Value),
        ImageFilter.Property property => image.Properties.TryGetValue(property.Name, out var value) && value == property.Value,
        ImageFilter.Protected isProtected => image.Protected == isProtected.Value,
        _ => false,
    };

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(at => values[at]);

    private sealed record Ordinal(string Text) : IComparable
    {
        public int CompareTo(object? obj) => string.CompareOrdinal(Text, (obj as Ordinal)?.Text);
    }
}
