using System.Text.RegularExpressions;
using Tintype.ApiTests.Compat.Differential;
using Tintype.ApiTests.Fuzzing;
using Xunit;

namespace Tintype.ApiTests.Compat;

/// <summary>No operation of the Images API is missing, from the service or from what it is put to.</summary>
public sealed partial class OperationTests(SharedServer shared)
{
    // Which is built of so many; the health is told by something before it.
    private const int Glances = 83;

    private static readonly string[] _beforeRouting = ["/", "/versions", "/healthcheck"];

    [Fact]
    public void The_list_is_Glances() => Assert.Equal(Glances, ApiOperation.All.Distinct().Count(operation => operation.Path != "/healthcheck"));

    [Fact]
    public async Task Every_operation_is_there()
    {
        using var admin = await shared.SignInAsync("tintype-admin");
        var missing = new List<string>();
        foreach (var operation in ApiOperation.All)
        {
            var path = $"/image{Words.Replace(operation.Path, Guid.NewGuid().ToString())}";
            // Those that are answered before a path is looked for have no methods to tell.
            var has = _beforeRouting.Contains(operation.Path)
                ? (int)(await admin.GetAsync(path)).Status is 200 or 300
                : (await admin.SendAsync(new HttpMethod("ANYTHING"), path)).Header("Allow")?.Split(", ").Contains(operation.Method) == true;
            if (!has)
                missing.Add($"{operation}");
        }

        Assert.Empty(missing);
    }

    [Fact]
    public void Every_operation_that_Debians_Glance_has_is_asked_of_both()
    {
        var steps = ScenarioFile.Names.SelectMany(ScenarioFile.Read).ToList();

        Assert.DoesNotContain(ApiOperation.All, operation => !operation.IsLater && !steps.Any(step => operation.Is(step.Method, step.Path)));
    }

    [Fact]
    public void Every_operation_has_bad_requests_made_of_it() =>
        // Of the schemas, which are texts, two stand for all.
        Assert.DoesNotContain(ApiOperation.All, operation => !operation.Path.StartsWith("/v2/schemas/", StringComparison.Ordinal)
            && operation.Path != "/healthcheck"
            && !Operation.All.Any(fuzzed => fuzzed.Path.StartsWith("/image", StringComparison.Ordinal) && operation.Is(fuzzed.Method, fuzzed.Path["/image".Length..])));

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Words { get; }
}
