using System.Globalization;
using System.Numerics;
using Tintype.Platform.Http;

namespace Tintype.Images.Metadefs;

/// <summary>The parameters that the lists of definitions have in common. Of several with one name the last counts.</summary>
internal sealed class MetadefQuery
{
    private readonly Dictionary<string, string> _last = new(StringComparer.Ordinal);

    public MetadefQuery(IEnumerable<KeyValuePair<string, string>> parameters)
    {
        foreach (var (name, value) in parameters)
            _last[name] = value;
    }

    public string? this[string name] => _last.GetValueOrDefault(name);

    /// <exception cref="Fault">400: no integer, or below the minimum.</exception>
    public int? Limit(int minimum)
    {
        if (this["limit"] is not { } text)
            return null;
        if (!BigInteger.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var limit))
            throw Fault.BadRequest("limit param must be an integer");
        return limit >= minimum ? (int)BigInteger.Min(limit, int.MaxValue) : throw Fault.BadRequest("limit param must be positive");
    }

    /// <exception cref="Fault">400: an unknown key or direction.</exception>
    public Keyset Sort(IReadOnlyDictionary<string, string> columns)
    {
        var descending = Descending();
        var key = this["sort_key"] ?? "created_at";
        return columns.TryGetValue(key, out var column)
            ? new Keyset(column, descending)
            : throw Fault.BadRequest($"Sort key supplied is invalid: {key}. It must be one of the following: {string.Join(", ", columns.Keys)}.");
    }

    /// <exception cref="Fault">400: neither asc nor desc.</exception>
    public bool Descending() => this["sort_dir"] switch
    {
        null or "desc" => true,
        "asc" => false,
        var word => throw Fault.BadRequest($"Invalid sort direction: {word}"),
    };

    /// <returns>Null if not asked for; the empty one is that of no namespace.</returns>
    /// <exception cref="Fault">400: another word.</exception>
    public string? Visibility(params ReadOnlySpan<string> words)
    {
        if (this["visibility"] is { Length: > 0 } word && !words.Contains(word))
            throw Fault.BadRequest($"Invalid visibility value: {word}");
        return this["visibility"];
    }
}
