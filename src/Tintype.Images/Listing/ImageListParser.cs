using System.Globalization;
using System.Numerics;
using Tintype.Images.Records;
using Tintype.Images.Sharing;
using Tintype.Platform.Http;

namespace Tintype.Images.Listing;

/// <summary>
/// Reads the list's parameters, which are Glance's: a parameter that is none of them asks for a custom property of that name and value.
/// Where one is given several times the last counts, but for tags, all of which an image must have.
/// </summary>
internal static class ImageListParser
{
    public const int DefaultLimit = 25;
    public const int MaximumLimit = 1000;

    private static readonly Dictionary<string, SortKey> _sortKeys = new(StringComparer.Ordinal)
    {
        ["name"] = SortKey.Name,
        ["status"] = SortKey.Status,
        ["container_format"] = SortKey.ContainerFormat,
        ["disk_format"] = SortKey.DiskFormat,
        ["size"] = SortKey.Size,
        ["id"] = SortKey.Id,
        ["created_at"] = SortKey.CreatedAt,
        ["updated_at"] = SortKey.UpdatedAt,
    };

    private static readonly Dictionary<string, NumberAttribute> _numbers = new(StringComparer.Ordinal)
    {
        ["size"] = NumberAttribute.Size,
        ["virtual_size"] = NumberAttribute.VirtualSize,
        ["min_ram"] = NumberAttribute.MinRam,
        ["min_disk"] = NumberAttribute.MinDisk,
    };

    /// <exception cref="Fault">400.</exception>
    public static ImageListQuery Parse(IReadOnlyList<KeyValuePair<string, string>> parameters)
    {
        var last = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in parameters)
            last[name] = value;
        string? Take(string name) => last.Remove(name, out var value) ? value : null;

        var limit = Limit(Take("limit"));
        var marker = Take("marker");
        var memberStatus = Take("member_status") is { } word ? MemberStatusOf(word) : MemberStatus.Accepted;
        var visibility = Take("visibility");
        if (Take("changes-since") is not null)
            throw Fault.BadRequest("The \"changes-since\" filter is no longer available on v2.");
        var sort = Sort(parameters);
        var hidden = Take("os_hidden") is { } text && Flag("os_hidden", text, text.ToLowerInvariant());

        var filters = new List<ImageFilter>();
        filters.AddRange(parameters.Where(p => p.Key == "tag").Select(p => new ImageFilter.Tag(p.Value.Trim())));
        // Deleted images are never listed, whoever asks.
        string[] handled = ["tag", "sort", "sort_key", "sort_dir", "deleted"];
        filters.AddRange(last.Where(p => !handled.Contains(p.Key)).Select(p => Filter(p.Key, p.Value)));
        if (visibility is "")
            filters.Add(new ImageFilter.Never());
        return new ImageListQuery(limit, marker, sort, hidden, Visibility(visibility), memberStatus, filters);
    }

    private static int Limit(string? text)
    {
        if (text is null)
            return DefaultLimit;
        if (!BigInteger.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var limit))
            throw Fault.BadRequest("limit param must be an integer");
        return limit >= 0 ? (int)BigInteger.Min(limit, MaximumLimit) : throw Fault.BadRequest("limit param must be positive");
    }

    private static MemberStatus? MemberStatusOf(string word) =>
        word == "all" ? null : MemberWords.Status(word) ?? throw Fault.BadRequest($"Invalid status: {word}");

    private static VisibilityFilter Visibility(string? word) => word switch
    {
        null or "" => VisibilityFilter.Default,
        "all" => new VisibilityFilter(null, true),
        _ => new VisibilityFilter(ImageWords.Visibility(word) ?? throw Fault.BadRequest($"Invalid visibility value: {word}"), false),
    };

    private static bool Flag(string name, string text, string word) => word switch
    {
        "true" => true,
        "false" => false,
        _ => throw Fault.BadRequest($"Invalid value '{text}' for '{name}' filter. Valid values are 'true' or 'false'."),
    };

    // Two syntaxes: sort=name:asc,size:desc and sort_key=name&sort_key=size&sort_dir=asc&sort_dir=desc.
    private static List<ImageSort> Sort(IReadOnlyList<KeyValuePair<string, string>> parameters)
    {
        var keys = new List<string>();
        var directions = new List<string>();
        var oldSyntax = parameters.Any(p => p.Key is "sort_key" or "sort_dir");
        if (parameters.LastOrDefault(p => p.Key == "sort") is { Key: not null } modern)
        {
            if (oldSyntax)
                throw Fault.BadRequest("Old and new sorting syntax cannot be combined");
            foreach (var part in modern.Value.Trim().Split(','))
            {
                var pair = part.Split(':', 2);
                keys.Add(pair[0].Trim());
                directions.Add(pair.Length == 2 && pair[1].Length > 0 ? pair[1].Trim() : "desc");
            }
        }
        else
        {
            keys.AddRange(parameters.Where(p => p.Key == "sort_key").Select(p => p.Value.Trim()));
            directions.AddRange(parameters.Where(p => p.Key == "sort_dir").Select(p => p.Value.Trim()));
        }

        var known = keys.Select(Key).ToList();
        var descending = directions.Select(Descending).ToList();
        if (descending.Count > 1 && descending.Count != known.Count)
            throw Fault.BadRequest("Number of sort dirs does not match the number of sort keys");
        if (known.Count == 0)
            known.Add(SortKey.CreatedAt);
        // One direction is that of all keys, the ones that make it an order included.
        var common = descending.Count == 1 ? descending[0] : true;
        var sort = known.Select((key, at) => new ImageSort(key, descending.Count > 1 ? descending[at] : common)).ToList();
        foreach (var tieBreaker in (SortKey[])[SortKey.CreatedAt, SortKey.Id])
        {
            if (!known.Contains(tieBreaker))
                sort.Add(new ImageSort(tieBreaker, common));
        }

        return sort;
    }

    private static SortKey Key(string key) => _sortKeys.TryGetValue(key, out var known)
        ? known
        : throw Fault.BadRequest($"Invalid sort key: {key}. It must be one of the following: {string.Join(", ", _sortKeys.Keys)}.");

    private static bool Descending(string direction) => direction switch
    {
        "asc" => false,
        "desc" => true,
        _ => throw Fault.BadRequest($"Invalid sort direction: {direction}"),
    };

    private static ImageFilter Filter(string name, string value) => name switch
    {
        "name" => new ImageFilter.Text(TextAttribute.Name, FilterExpression.Values(value)),
        "id" => new ImageFilter.Text(TextAttribute.Id, FilterExpression.Values(value)),
        "status" => new ImageFilter.Text(TextAttribute.Status, FilterExpression.Values(value)),
        "container_format" => new ImageFilter.Text(TextAttribute.ContainerFormat, FilterExpression.Values(value)),
        "disk_format" => new ImageFilter.Text(TextAttribute.DiskFormat, FilterExpression.Values(value)),
        "owner" => new ImageFilter.Text(TextAttribute.Owner, [value]),
        "checksum" => new ImageFilter.Text(TextAttribute.Checksum, [value]),
        "os_hash_algo" => new ImageFilter.Text(TextAttribute.HashAlgorithm, [value]),
        "os_hash_value" => new ImageFilter.Text(TextAttribute.HashValue, [value]),
        "created_at" => FilterExpression.Time(TimeAttribute.CreatedAt, name, value),
        "updated_at" => FilterExpression.Time(TimeAttribute.UpdatedAt, name, value),
        "protected" => new ImageFilter.Protected(Flag(name, value, value)),
        _ when _numbers.TryGetValue(name, out var number) => Integer(value) is { } exact
            ? new ImageFilter.Number(number, exact, exact) : new ImageFilter.Never(),
        _ when name.EndsWith("_min", StringComparison.Ordinal) => new ImageFilter.Number(Range(name), Bound(value), long.MaxValue),
        _ when name.EndsWith("_max", StringComparison.Ordinal) => new ImageFilter.Number(Range(name), long.MinValue, Bound(value)),
        _ => new ImageFilter.Property(name, value),
    };

    private static NumberAttribute Range(string name) => _numbers.TryGetValue(name[..^4], out var number)
        ? number
        : throw Fault.BadRequest($"Unable to filter on a range of '{name[..^4]}'. Ranges are of: {string.Join(", ", _numbers.Keys)}.");

    private static long Bound(string value) => Integer(value) ?? throw Fault.BadRequest("Unable to filter on a range with a non-numeric value.");

    private static long? Integer(string text) =>
        long.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
