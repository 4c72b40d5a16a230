using System.Text.RegularExpressions;
using Tintype.TestSupport;

namespace Tintype.ApiTests.Compat.Differential;

/// <summary>
/// Reads tests/compat/differential/*.txt, where a line is a request that both services get:
/// <code>
/// member a=POST /v2/images &lt; {"name": "first"}
/// member PUT /v2/images/{a}/file (X-Image-Meta-Store: second) &lt; some data
/// member GET /v2/images/{a} until status=active
///   ~ a-difference body checksum
/// </code>
/// Who asks; a name for what is answered; method and path; headers in parentheses; <c>until</c>, for what settles by and by; the body.
/// Below it, one a line, what is known to differ, with its name in docs/compatibility.md. A line that begins with <c>~</c> tells
/// what differs in many answers, with both values, in which a star is anything. <see cref="Words"/> are written in braces.
/// </summary>
internal static partial class ScenarioFile
{
    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "compat", "differential");

    public static IReadOnlyList<string> Names { get; } =
        [.. Directory.EnumerateFiles(Folder, "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    /// <summary>What differs wherever it occurs, in all scenarios: everywhere.known, with one of the lines of <see cref="Known"/>.</summary>
    public static IReadOnlyList<GeneralDifference> Everywhere { get; } = Known(Path.Combine(Folder, "everywhere.known"));

    /// <summary>What differs wherever it occurs in one scenario.</summary>
    public static IReadOnlyList<GeneralDifference> KnownIn(string name) => Known(Path.Combine(Folder, $"{name}.txt"));

    public static IReadOnlyList<Step> Read(string name)
    {
        var steps = new List<Step>();
        var lines = File.ReadAllLines(Path.Combine(Folder, $"{name}.txt"));
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length == 0 || lines[i][0] is '#' or '~')
                continue;
            if (Difference.Match(lines[i]) is { Success: true } known)
                steps[^1] = steps[^1] with { Known = [.. steps[^1].Known, new(known.Groups["id"].Value, known.Groups["what"].Value)] };
            else
                steps.Add(Parse(lines[i], i + 1));
        }

        return steps;
    }

    // ~ the-id header Accept-Ranges = none | *
    private static List<GeneralDifference> Known(string file) =>
        [.. File.ReadAllLines(file).Select(line => General.Match(line)).Where(match => match.Success)
            .Select(match => new GeneralDifference(match.Groups["id"].Value, match.Groups["what"].Value, match.Groups["values"].Value))];

    private static Step Parse(string line, int number)
    {
        var match = Request.Match(line);
        if (!match.Success)
            throw new FormatException($"Line {number} is no request: {line}");
        string? Optional(string group) => match.Groups[group] is { Success: true } found ? found.Value : null;
        return new Step(number, match.Groups["actor"].Value, Optional("name"), match.Groups["method"].Value, match.Groups["path"].Value,
            [.. match.Groups["header"].Captures.Select(header => header.Value.Split(':', 2)).Select(parts => (parts[0], parts[1].Trim()))],
            Optional("field") is { } field ? new Until(field, match.Groups["values"].Value.Split('|')) : null, Optional("body"), []);
    }

    [GeneratedRegex(@"^(?<actor>[a-z]+) ((?<name>\w+)=)?(?<method>[A-Z]+) (?<path>/\S*)( \((?<header>[\w-]+:[^)]*)\))*( until (?<field>\w+)=(?<values>\S*))?( < (?<body>.*))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Request { get; }

    [GeneratedRegex(@"^~ (?<id>[a-z0-9-]+) (?<what>[^=]+) = (?<values>.+)$", RegexOptions.ExplicitCapture)]
    private static partial Regex General { get; }

    [GeneratedRegex(@"^  ~ (?<id>[a-z0-9-]+) (?<what>.+)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Difference { get; }
}
