namespace Tintype.Images.Metadefs.Namespaces;

/// <param name="ResourceTypes">Namespaces that are associated with one of these; null for all.</param>
/// <param name="Marker">The name of the namespace before the page; null for the first.</param>
internal sealed record NamespaceListQuery(int Limit, string? Marker, Keyset Order, string? Visibility, IReadOnlyList<string>? ResourceTypes)
{
    public const int DefaultLimit = 25;
    public const int MaximumLimit = 1000;

    private static readonly Dictionary<string, string> _sortKeys = new(StringComparer.Ordinal)
    {
        ["namespace"] = "name_key",
        ["display_name"] = "COALESCE(display_name, '')",
        ["description"] = "COALESCE(description, '')",
        ["visibility"] = "visibility",
        ["protected"] = "protected",
        ["owner"] = "owner",
        ["created_at"] = "created_at",
        ["updated_at"] = "updated_at",
        // By which of two made at once came first; not by the id alone.
        ["id"] = "created_at",
    };

    /// <summary>Other parameters are taken no notice of.</summary>
    /// <exception cref="Platform.Http.Fault">400.</exception>
    public static NamespaceListQuery Parse(IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var query = new MetadefQuery(parameters);
        return new NamespaceListQuery(
            Math.Min(query.Limit(0) ?? DefaultLimit, MaximumLimit), query["marker"], query.Sort(_sortKeys), query.Visibility("public", "private"),
            query["resource_types"]?.Split(','));
    }
}
