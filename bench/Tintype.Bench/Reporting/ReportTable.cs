using System.Globalization;
using System.Text;

namespace Tintype.Bench.Reporting;

/// <summary>The lines as a table of Markdown, which also reads well in a terminal.</summary>
internal static class ReportTable
{
    private const string Begin = "<!-- begin of the table that ./dev bench --write makes -->";
    private const string End = "<!-- end of the table -->";

    public static string Render(IReadOnlyList<Line> lines)
    {
        string[][] rows =
        [
            ["what", "Tintype", "beside it", "ratio", "bound", ""],
            .. lines.Select(l => l.Bound is { } bound
                ? new[] { l.What, l.Ours, l.Theirs, bound.Show(l.Ratio), bound.ToString(), l.Holds ? "holds" : "**does not hold**" }
                : [l.What, l.Ours, l.Theirs, l.Ratio.ToString("F2", CultureInfo.InvariantCulture), "", ""]),
        ];
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var (at, row) in rows.Index())
        {
            text.AppendLine($"| {string.Join(" | ", row.Select((cell, column) => cell.PadRight(widths[column])))} |");
            if (at == 0)
                text.AppendLine($"| {string.Join(" | ", widths.Select(width => new string('-', Math.Max(3, width))))} |");
        }

        return text.ToString();
    }

    /// <summary>Replaces what stands between the marks of a file.</summary>
    /// <exception cref="InvalidOperationException">The file has no marks.</exception>
    public static void WriteInto(string file, string content)
    {
        var text = File.ReadAllText(file);
        var begin = text.IndexOf(Begin, StringComparison.Ordinal);
        var end = text.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
            throw new InvalidOperationException($"{file} has no '{Begin}' and '{End}' to put the table between.");
        File.WriteAllText(file, $"{text[..(begin + Begin.Length)]}\n\n{content.Trim()}\n\n{text[end..]}");
    }
}
