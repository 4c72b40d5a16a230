using Dapper;
using Tintype.Images.Records;
using Tintype.Images.Sharing;
using Tintype.Platform.Database;

namespace Tintype.Images.Listing;

/// <summary>
/// The list as one statement: a branch for each way by which the caller comes to see images, each in order and limited, then merged,
/// ordered and limited. So a page costs the same however many images there are, which one predicate with OR does not.
/// </summary>
internal sealed class ImageListSql
{
    private readonly ImageListQuery _query;
    private readonly string _conditions;

    // The limit stands in the text: SQLite plans a statement anew whenever a limit is bound to it.
    /// <param name="project">The caller's.</param>
    /// <param name="seesAll">Whether the caller sees the images of all projects.</param>
    /// <param name="marker">The last image of the page before.</param>
    public ImageListSql(ImageListQuery query, string project, bool seesAll, ImageRecord? marker)
    {
        _query = query;
        Parameters.Add("project", project);
        Parameters.Add("hidden", query.Hidden);
        _conditions = string.Concat(query.Filters.Select((filter, at) => $"\n    AND {Condition(filter, $"f{at}")}"));
        var branches = (seesAll ? AdminBranches(query) : ProjectBranches(query)).Select(branch => Render(branch, marker)).ToList();

        var keys = string.Concat(query.Sort.Select((_, at) => $", k{at}"));
        var order = string.Join(", ", query.Sort.Select((sort, at) => $"k{at} {Direction(sort)}"));
        Text = $"""
            SELECT {ImageRow.Columns}
            FROM ({string.Join("\n  UNION ", branches.Select(branch => $"SELECT id{keys} FROM ({branch})"))}
                  ORDER BY {order} LIMIT {query.Limit}) page
            CROSS JOIN images i WHERE i.id = page.id
            ORDER BY {order}
            """;
    }

    public string Text { get; }

    public DynamicParameters Parameters { get; } = new();

    /// <param name="From">Tables, and what ties them together.</param>
    /// <param name="CreatedAt">The column with the image's created_at by which this branch's index is ordered.</param>
    private sealed record Branch(string From, string CreatedAt = "i.created_at", string Id = "i.id");

    private static IEnumerable<Branch> AdminBranches(ImageListQuery query)
    {
        if (query.Visibility.All)
            return [new Branch("images i WHERE 1 = 1")];
        if (query.Visibility.Only is { } only)
            return [Of(only)];
        return [Of(ImageVisibility.Public), Of(ImageVisibility.Shared), Of(ImageVisibility.Private), Own(ImageVisibility.Community)];
    }

    private static IEnumerable<Branch> ProjectBranches(ImageListQuery query) => query.Visibility switch
    {
        { All: true } => [Of(ImageVisibility.Public), Of(ImageVisibility.Community), Own(null), .. Offered(query.MemberStatus)],
        { Only: ImageVisibility.Public or ImageVisibility.Community } only => [Of(only.Only.Value)],
        { Only: ImageVisibility.Private } => [Own(ImageVisibility.Private)],
        { Only: ImageVisibility.Shared } => [Own(ImageVisibility.Shared), .. Offered(query.MemberStatus)],
        _ => [Of(ImageVisibility.Public), Own(null), .. Offered(query.MemberStatus)],
    };

    private static Branch Of(ImageVisibility visibility) => new($"images i WHERE i.visibility = '{visibility.Word()}'");

    private static Branch Own(ImageVisibility? visibility) => new(
        $"images i WHERE i.owner = @project{(visibility is { } only ? $" AND i.visibility = '{only.Word()}'" : "")}");

    // A branch for each status: within one the index is in the list's order. The cross join keeps the members first.
    private static IEnumerable<Branch> Offered(MemberStatus? status) => (status is { } one ? [one] : Enum.GetValues<MemberStatus>()).Select(s => new Branch(
        $"image_members m CROSS JOIN images i WHERE m.member = @project AND m.status = '{s.Word()}' AND i.id = m.image_id AND i.visibility = 'shared'",
        "m.image_created_at", "m.image_id"));

    private string Render(Branch branch, ImageRecord? marker)
    {
        var columns = _query.Sort.Select(sort => Column(sort.Key, branch)).ToList();
        var after = marker is null ? "" : $"\n    AND {After(columns, marker)}";
        return $"""
            SELECT i.id AS id, {string.Join(", ", columns.Select((column, at) => $"{column} AS k{at}"))}
                FROM {branch.From} AND i.deleted_at IS NULL AND i.hidden = @hidden{_conditions}{after}
                ORDER BY {string.Join(", ", columns.Zip(_query.Sort, (column, sort) => $"{column} {Direction(sort)}"))} LIMIT {_query.Limit}
            """;
    }

    private static string Direction(ImageSort sort) => sort.Descending ? "DESC" : "ASC";

    // An unset value sorts as the empty one does, in every database alike.
    private static string Column(SortKey key, Branch branch) => key switch
    {
        SortKey.Name => "COALESCE(i.name, '')",
        SortKey.Status => "i.status",
        SortKey.ContainerFormat => "COALESCE(i.container_format, '')",
        SortKey.DiskFormat => "COALESCE(i.disk_format, '')",
        SortKey.Size => "COALESCE(i.size, 0)",
        SortKey.CreatedAt => branch.CreatedAt,
        SortKey.UpdatedAt => "i.updated_at",
        _ => branch.Id,
    };

    private static object Value(SortKey key, ImageRecord image) => key switch
    {
        SortKey.Name => image.Name ?? "",
        SortKey.Status => image.Status.Word(),
        SortKey.ContainerFormat => image.ContainerFormat ?? "",
        SortKey.DiskFormat => image.DiskFormat ?? "",
        SortKey.Size => image.Size ?? 0,
        SortKey.CreatedAt => image.CreatedAt.ToMicroseconds(),
        SortKey.UpdatedAt => image.UpdatedAt.ToMicroseconds(),
        _ => image.Id.ToString(),
    };

    private string After(List<string> columns, ImageRecord marker)
    {
        for (var at = 0; at < columns.Count; at++)
            Parameters.Add($"m{at}", Value(_query.Sort[at].Key, marker));
        // Where all go one way the comparison of rows is one that an index can seek to.
        if (_query.Sort.All(sort => sort.Descending == _query.Sort[0].Descending))
        {
            return $"({string.Join(", ", columns)}) {(_query.Sort[0].Descending ? '<' : '>')} ({string.Join(", ", columns.Select((_, at) => $"@m{at}"))})";
        }

        var alternatives = columns.Select((column, at) => string.Join(" AND ",
            columns.Take(at).Select((equal, before) => $"{equal} = @m{before}").Append($"{column} {(_query.Sort[at].Descending ? '<' : '>')} @m{at}")));
        return $"({string.Join(" OR ", alternatives)})";
    }

    private string Condition(ImageFilter filter, string name)
    {
        switch (filter)
        {
            case ImageFilter.Text text:
                Parameters.Add(name, text.Values.Count == 1 ? text.Values[0] : text.Values);
                return $"{Column(text.Attribute)} {(text.Values.Count == 1 ? "=" : "IN")} @{name}";
            case ImageFilter.Number number:
                Parameters.Add($"{name}from", number.From);
                Parameters.Add($"{name}to", number.To);
                return $"{Column(number.Attribute)} BETWEEN @{name}from AND @{name}to";
            case ImageFilter.Time time:
                Parameters.Add($"{name}from", time.From);
                Parameters.Add($"{name}before", time.Before);
                var column = time.Attribute == TimeAttribute.CreatedAt ? "i.created_at" : "i.updated_at";
                return $"{(time.Negated ? "NOT " : "")}({column} >= @{name}from AND {column} < @{name}before)";
            case ImageFilter.Protected isProtected:
                Parameters.Add(name, isProtected.Value);
                return $"i.protected = @{name}";
            case ImageFilter.Tag tag:
                Parameters.Add(name, tag.Value);
                return $"EXISTS (SELECT 1 FROM json_each(i.tags) t WHERE t.value = @{name})";
            case ImageFilter.Property property:
                Parameters.Add($"{name}name", property.Name);
                Parameters.Add(name, property.Value);
                return $"EXISTS (SELECT 1 FROM json_each(i.properties) p WHERE p.key = @{name}name AND p.value = @{name})";
            default:
                return "1 = 0";
        }
    }

    private static string Column(TextAttribute attribute) => attribute switch
    {
        TextAttribute.Name => "i.name",
        TextAttribute.Id => "i.id",
        TextAttribute.Status => "i.status",
        TextAttribute.ContainerFormat => "i.container_format",
        TextAttribute.DiskFormat => "i.disk_format",
        TextAttribute.Owner => "i.owner",
        TextAttribute.Checksum => "i.checksum",
        TextAttribute.HashAlgorithm => "i.hash_algorithm",
        _ => "i.hash_value",
    };

    private static string Column(NumberAttribute attribute) => attribute switch
    {
        NumberAttribute.Size => "i.size",
        NumberAttribute.VirtualSize => "i.virtual_size",
        NumberAttribute.MinRam => "i.min_ram",
        _ => "i.min_disk",
    };
}
