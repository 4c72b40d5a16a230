using System.Text.RegularExpressions;

namespace Tintype.ApiTests.Compat.Differential;

/// <summary>One request of a scenario, and how the answers to it are known to differ.</summary>
/// <param name="Line">Where it stands in its file, from 1.</param>
/// <param name="Name">By which later requests refer to what was answered; none if null.</param>
/// <param name="Path">With its query, from the root of the Images API.</param>
/// <param name="Until">Asked again until a field of the answer has one of some values.</param>
/// <param name="Body">None if null.</param>
internal sealed record Step(
    int Line, string Actor, string? Name, string Method, string Path, IReadOnlyList<(string Name, string Value)> Headers, Until? Until, string? Body,
    IReadOnlyList<KnownDifference> Known)
{
    public override string ToString() => $"line {Line}: {Actor} {Method} {Path}";
}

/// <param name="Field">Of the answer's JSON object.</param>
/// <param name="Values">Any of which ends the wait; an empty one is also what is not there, and a number the length of a list.</param>
internal sealed record Until(string Field, IReadOnlyList<string> Values);

/// <param name="Id">Under which docs/compatibility.md gives the reason.</param>
/// <param name="What">In <see cref="Comparison"/>'s words.</param>
internal sealed record KnownDifference(string Id, string What);

/// <summary>A difference that is known wherever it occurs. A star is anything.</summary>
/// <param name="Values">Glance's and ours.</param>
internal sealed record GeneralDifference(string Id, string What, string Values)
{
    public bool Covers(string what, string values) => Is(What, what) && Is(Values, values);

    private static bool Is(string pattern, string text) =>
        Regex.IsMatch(text, $"^{Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal)}$", RegexOptions.Singleline);
}
