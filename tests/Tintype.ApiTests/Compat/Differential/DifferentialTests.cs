using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Compat.Differential;

/// <summary>
/// The real Glance and Tintype are asked the same. Where their answers differ, a scenario says so and docs/compatibility.md says why;
/// what is said to differ and does not is as wrong as what differs unsaid.
/// </summary>
public sealed partial class DifferentialTests(BothServices both) : IClassFixture<BothServices>
{
    private const int Least = 400;

    [Fact]
    public async Task Both_answer_alike()
    {
        var report = new StringBuilder();
        var unmet = ScenarioFile.Everywhere.Concat(ScenarioFile.Names.SelectMany(ScenarioFile.KnownIn)).ToHashSet();
        foreach (var scenario in ScenarioFile.Names)
        {
            var generals = ScenarioFile.Everywhere.Concat(ScenarioFile.KnownIn(scenario)).ToList();
            var (theirWords, ourWords) = (both.NewWords(), both.NewWords());
            foreach (var step in ScenarioFile.Read(scenario))
            {
                var found = await DifferencesAsync(step, theirWords, ourWords);
                var known = step.Known.Select(difference => difference.What).ToHashSet(StringComparer.Ordinal);
                foreach (var (what, values) in found)
                {
                    if (known.Remove(what))
                        continue;
                    if (generals.FirstOrDefault(general => general.Covers(what, values)) is { } general)
                        unmet.Remove(general);
                    else
                        report.AppendLine(CultureInfo.InvariantCulture, $"{scenario} {step}\n  ~ ? {what}    {values}");
                }

                foreach (var what in known)
                    report.AppendLine(CultureInfo.InvariantCulture, $"{scenario} {step}\n  no longer: {what}");
            }
        }

        foreach (var general in unmet)
            report.AppendLine(CultureInfo.InvariantCulture, $"no longer anywhere: {general}");
        Assert.True(report.Length == 0, report.ToString());
    }

    [Fact]
    public void What_differs_is_told_with_its_reason()
    {
        var steps = ScenarioFile.Names.SelectMany(ScenarioFile.Read).ToList();
        var met = steps.SelectMany(step => step.Known).Select(known => known.Id)
            .Concat(ScenarioFile.Everywhere.Concat(ScenarioFile.Names.SelectMany(ScenarioFile.KnownIn)).Select(general => general.Id))
            .Distinct().Order(StringComparer.Ordinal);
        var told = Row.Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "compatibility.md"))).Select(row => row.Groups[1].Value).ToList();

        Assert.Equal(told.Order(StringComparer.Ordinal), met);
        Assert.True(steps.Count >= Least, $"There are {steps.Count} requests.");
    }

    private async Task<IReadOnlyDictionary<string, string>> DifferencesAsync(Step step, Words theirWords, Words ourWords)
    {
        var asking = both.Glance.AskAsync(step, theirWords);
        var ours = await both.Tintype.AskAsync(step, ourWords);
        var theirs = await asking;
        if (step.Name is not null)
        {
            theirWords.Remember(step.Name, theirs.Text);
            ourWords.Remember(step.Name, ours.Text);
        }

        return Comparison.Of((theirs, theirWords, both.Glance.Root), (ours, ourWords, both.Tintype.Root));
    }

    // | `the-name` | what differs | why |
    [GeneratedRegex(@"^\| `([a-z0-9-]+)` \|.{10,}\|.{10,}\|$", RegexOptions.Multiline)]
    private static partial Regex Row { get; }
}
