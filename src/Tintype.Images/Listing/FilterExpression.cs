using System.Globalization;
using System.Text;
using Tintype.Platform.Database;
using Tintype.Platform.Http;

namespace Tintype.Images.Listing;

/// <summary>
/// The little language of filter values: <c>eq:value</c>, <c>in:a,b,"c,d"</c>, <c>gte:2026-11-23T20:38:13Z</c>, or a value alone.
/// What stands before the first colon is taken for an operator, so that a name with a colon must be quoted: <c>in:"a:b"</c>.
/// </summary>
internal static class FilterExpression
{
    private static readonly string[] _timeFormats = TimeFormats();

    /// <summary>The operator and its operand. A time alone has colons and no operator.</summary>
    public static (string Operator, string Operand) Split(string expression)
    {
        var colon = expression.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 || ParseTime(expression) is not null ? ("eq", expression) : (expression[..colon], expression[(colon + 1)..]);
    }

    /// <summary>The values of <c>eq</c> and <c>in</c>.</summary>
    /// <exception cref="Fault">400: another operator; quotes that do not fit.</exception>
    public static IReadOnlyList<string> Values(string expression) => Split(expression) switch
    {
        ("eq", var value) => [value],
        ("in", var list) => SplitList(list),
        var (unknown, _) => throw Fault.BadRequest($"Unable to filter by unknown operator '{unknown}'."),
    };

    /// <summary>
    /// A condition on a time that is shown in whole seconds but kept in microseconds: it compares what is shown.
    /// </summary>
    /// <exception cref="Fault">400: another operator; no time.</exception>
    public static ImageFilter Time(TimeAttribute attribute, string name, string expression)
    {
        var (word, operand) = Split(expression);
        var time = ParseTime(operand)
            ?? throw Fault.BadRequest($"Bad \"{name}\" query filter format. Use ISO 8601 DateTime notation.");
        var threshold = time.ToMicroseconds();
        var second = threshold - (((threshold % 1_000_000) + 1_000_000) % 1_000_000);
        var whole = second == threshold;
        var next = second + 1_000_000;
        return word switch
        {
            "eq" => whole ? new ImageFilter.Time(attribute, second, next, false) : new ImageFilter.Never(),
            "neq" => new ImageFilter.Time(attribute, second, whole ? next : second, true),
            "gt" => new ImageFilter.Time(attribute, next, long.MaxValue, false),
            "gte" => new ImageFilter.Time(attribute, whole ? second : next, long.MaxValue, false),
            "lt" => new ImageFilter.Time(attribute, long.MinValue, whole ? second : next, false),
            "lte" => new ImageFilter.Time(attribute, long.MinValue, next, false),
            _ => throw Fault.BadRequest("Unable to filter on a unknown operator."),
        };
    }

    //   a,b       two values          "a,b",c   two values, the first with a comma
    //   "a\"b"    \ keeps its place before the character that it protects, as Glance leaves it
    internal static IReadOnlyList<string> SplitList(string list)
    {
        CheckQuotes(list);
        var values = new List<string>();
        var at = 0;
        while (at < list.Length)
        {
            if (list[at] == ',')
            {
                values.Add("");
                at++;
                continue;
            }

            var value = new StringBuilder();
            if (list[at] == '"')
            {
                for (at++; list[at] != '"'; at++)
                {
                    value.Append(list[at]);
                    if (list[at] == '\\')
                        value.Append(list[++at]);
                }

                at++;
            }
            else
            {
                for (; at < list.Length && list[at] != ','; at++)
                    value.Append(list[at]);
            }

            values.Add(value.ToString());
            if (at < list.Length)
                at++;
        }

        return values;
    }

    private static void CheckQuotes(string list)
    {
        var open = false;
        for (var at = 0; at < list.Length; at++)
        {
            // A backslash protects what follows it, but only what is quoted can be protected.
            if (open && list[at] == '\\')
            {
                at++;
                continue;
            }

            if (list[at] != '"')
                continue;
            if (!open && at > 0 && list[at - 1] != ',')
                throw Fault.BadRequest($"Invalid filter value {list}. There is no comma before opening quotation mark.");
            if (open && at + 1 < list.Length && list[at + 1] != ',')
                throw Fault.BadRequest($"Invalid filter value {list}. There is no comma after closing quotation mark.");
            open = !open;
        }

        if (open)
            throw Fault.BadRequest($"Invalid filter value {list}. The quote is not closed.");
    }

    private static DateTimeOffset? ParseTime(string text) => DateTimeOffset.TryParseExact(
        text, _timeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    // 2026-11-23   2026-11-23T20:38   2026-11-23 20:38:13.123456Z   2026-11-23T20:38:13+01:00
    private static string[] TimeFormats()
    {
        var formats = new List<string> { "yyyy-MM-dd" };
        foreach (var separator in (string[])["'T'", "' '"])
        {
            foreach (var clock in (string[])["HH:mm", "HH:mm:ss", "HH:mm:ss.FFFFFFF"])
            {
                foreach (var zone in (string[])["", "'Z'", "zzz"])
                    formats.Add($"yyyy-MM-dd{separator}{clock}{zone}");
            }
        }

        return [.. formats];
    }
}
