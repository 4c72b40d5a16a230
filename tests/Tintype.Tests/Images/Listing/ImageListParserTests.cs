using Tintype.Images.Listing;
using Tintype.Images.Records;
using Tintype.Images.Sharing;
using Tintype.Platform.Http;
using Xunit;

namespace Tintype.Tests.Images.Listing;

public sealed class ImageListParserTests
{
    [Fact]
    public void Without_parameters_the_newest_25_that_are_not_hidden() => Assert.Equivalent(
        new ImageListQuery(25, null, [new(SortKey.CreatedAt, true), new(SortKey.Id, true)], false, VisibilityFilter.Default, MemberStatus.Accepted, []),
        Parse(), strict: true);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("7", 7)]
    [InlineData("1000", 1000)]
    [InlineData("99999999999", 1000)]
    public void A_limit_has_a_limit(string text, int expected) => Assert.Equal(expected, Parse(("limit", text)).Limit);

    [Theory]
    [InlineData("sort=name", "Name- CreatedAt- Id-")]
    [InlineData("sort=name:", "Name- CreatedAt- Id-")]
    [InlineData("sort=name:asc", "Name+ CreatedAt+ Id+")]
    [InlineData("sort=name:asc,size:desc", "Name+ Size- CreatedAt- Id-")]
    [InlineData("sort=id:asc", "Id+ CreatedAt+")]
    [InlineData("sort_key=name sort_key=size", "Name- Size- CreatedAt- Id-")]
    [InlineData("sort_key=name sort_key=size sort_dir=asc", "Name+ Size+ CreatedAt+ Id+")]
    [InlineData("sort_key=name sort_key=size sort_dir=asc sort_dir=desc", "Name+ Size- CreatedAt- Id-")]
    [InlineData("sort_dir=asc", "CreatedAt+ Id+")]
    public void The_order(string parameters, string expected) => Assert.Equal(expected,
        string.Join(' ', Parse([.. parameters.Split(' ').Select(Pair)]).Sort.Select(s => $"{s.Key}{(s.Descending ? '-' : '+')}")));

    [Fact]
    public void Every_parameter_has_its_filter()
    {
        var query = Parse(
            ("marker", "m"), ("visibility", "shared"), ("member_status", "all"), ("os_hidden", "True"), ("tag", "a"), ("tag", " b "), ("name", "in:x,y"),
            ("id", "i"), ("status", "eq:active"), ("container_format", "bare"), ("disk_format", "raw"), ("owner", "o"), ("checksum", "c"),
            ("os_hash_algo", "sha512"), ("os_hash_value", "h"), ("protected", "true"), ("size", "5"), ("virtual_size", "6"), ("min_ram", "x"),
            ("size_min", "1"), ("min_disk_max", "-2"), ("deleted", "true"), ("hw_disk_bus", "first"), ("hw_disk_bus", "scsi:x"), ("Hw_disk_bus", "other"));

        Assert.Equal(("m", true, new VisibilityFilter(ImageVisibility.Shared, false), null),
            (query.Marker, query.Hidden, query.Visibility, query.MemberStatus));
        Assert.Equivalent(new ImageFilter[]
        {
            new ImageFilter.Tag("a"), new ImageFilter.Tag("b"), Text(TextAttribute.Name, "x", "y"), Text(TextAttribute.Id, "i"),
            Text(TextAttribute.Status, "active"), Text(TextAttribute.ContainerFormat, "bare"), Text(TextAttribute.DiskFormat, "raw"),
            Text(TextAttribute.Owner, "o"), Text(TextAttribute.Checksum, "c"), Text(TextAttribute.HashAlgorithm, "sha512"),
            Text(TextAttribute.HashValue, "h"), new ImageFilter.Protected(true), new ImageFilter.Number(NumberAttribute.Size, 5, 5),
            new ImageFilter.Number(NumberAttribute.VirtualSize, 6, 6), new ImageFilter.Never(),
            new ImageFilter.Number(NumberAttribute.Size, 1, long.MaxValue), new ImageFilter.Number(NumberAttribute.MinDisk, long.MinValue, -2),
            new ImageFilter.Property("hw_disk_bus", "scsi:x"), new ImageFilter.Property("Hw_disk_bus", "other"),
        }, query.Filters, strict: true);
    }

    [Theory]
    [InlineData("limit=x", "limit param must be an integer")]
    [InlineData("limit=", "limit param must be an integer")]
    [InlineData("limit=-1", "limit param must be positive")]
    [InlineData("member_status=x", "Invalid status: x")]
    [InlineData("visibility=x", "Invalid visibility value: x")]
    [InlineData("changes-since=2026", "The \"changes-since\" filter is no longer available on v2.")]
    [InlineData("os_hidden=x", "Invalid value 'x' for 'os_hidden' filter. Valid values are 'true' or 'false'.")]
    [InlineData("protected=True", "Invalid value 'True' for 'protected' filter. Valid values are 'true' or 'false'.")]
    [InlineData("sort=owner", "Invalid sort key: owner. It must be one of the following: name, status, container_format, disk_format, size, id, created_at, updated_at.")]
    [InlineData("sort=name:up", "Invalid sort direction: up")]
    [InlineData("sort=name sort_dir=asc", "Old and new sorting syntax cannot be combined")]
    [InlineData("sort_key=name sort_dir=asc sort_dir=desc", "Number of sort dirs does not match the number of sort keys")]
    [InlineData("size_min=x", "Unable to filter on a range with a non-numeric value.")]
    [InlineData("name_min=1", "Unable to filter on a range of 'name'. Ranges are of: size, virtual_size, min_ram, min_disk.")]
    public void What_is_refused(string parameters, string message)
    {
        var fault = Assert.Throws<Fault>(() => Parse([.. parameters.Split(' ').Select(Pair)]));
        Assert.Equal((FaultKind.BadRequest, message), (fault.Kind, fault.Message));
    }

    private static ImageFilter.Text Text(TextAttribute attribute, params string[] values) => new(attribute, values);

    private static ImageListQuery Parse(params (string Name, string Value)[] parameters) =>
        ImageListParser.Parse([.. parameters.Select(p => new KeyValuePair<string, string>(p.Name, p.Value))]);

    private static (string, string) Pair(string text) => (text.Split('=')[0], text.Split('=')[1]);
}
