using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Tintype.TestSupport;

/// <summary>
/// Seeded fuzzing. A test with the trait <c>run=fuzz</c> checks one case after another, each made from a number of its own: a fixed
/// few in <c>./dev test</c>, as many as asked for from any number on in <c>./dev fuzz</c>. A case that fails tells how to see it again.
/// </summary>
public static class Fuzz
{
    /// <summary>How long one case may take: far more than any needs, also on a busy machine.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    /// <summary>The same for a case of several requests to a server, each of which has a limit of its own.</summary>
    private static readonly TimeSpan _patienceWithRequests = TimeSpan.FromMinutes(2);

    /// <param name="usual">The number of cases in <c>./dev test</c>.</param>
    /// <param name="check">Makes a case from the numbers that it is given and nothing else, and checks it; throws when it fails.</param>
    /// <param name="test">The test's name, which the compiler fills in.</param>
    /// <exception cref="FuzzException">A case failed.</exception>
    public static void Cases(int usual, Action<Random> check, [CallerMemberName] string test = "") =>
        CasesAsync(usual, random =>
        {
            check(random);
            return Task.CompletedTask;
        }, test).GetAwaiter().GetResult();

    /// <inheritdoc cref="Cases"/>
    public static Task CasesAsync(int usual, Func<Random, Task> check, [CallerMemberName] string test = "") =>
        RunAsync(usual, Number("TINTYPE_FUZZ_CASES"), _patience, check, test);

    /// <summary>
    /// Cases that are whole requests to a server, of which <c>./dev fuzz</c> makes fewer unless it is told a number.
    /// </summary>
    /// <inheritdoc cref="Cases"/>
    public static Task RequestsAsync(int usual, Func<Random, Task> check, [CallerMemberName] string test = "") => RunAsync(usual, AskedRequests, _patienceWithRequests, check, test);

    /// <summary>The number of whole requests that <c>./dev fuzz</c> was told; null in <c>./dev test</c>.</summary>
    public static int? AskedRequests => Number("TINTYPE_FUZZ_REQUESTS");

    private static async Task RunAsync(int usual, int? asked, TimeSpan patience, Func<Random, Task> check, string test)
    {
        var seed = Number("TINTYPE_FUZZ_SEED") ?? 1;
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < (asked ?? usual); i++)
        {
            var one = unchecked(seed + i);
            var began = Stopwatch.GetTimestamp();
            try
            {
                await check(new Random(one));
            }
            catch (Exception failed)
            {
                throw new FuzzException(test, one, failed);
            }

            if (Stopwatch.GetElapsedTime(began) > patience)
                throw new FuzzException(test, one, new TimeoutException($"It took {Stopwatch.GetElapsedTime(began)}."));
        }

        if (asked is not null)
            Console.WriteLine($"{test}: {asked} cases from {seed} on in {Stopwatch.GetElapsedTime(started).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s");
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
}

/// <summary>One case failed.</summary>
public sealed class FuzzException(string test, int seed, Exception inner)
    : Exception($"Case {seed} of {test} failed. Again: ./dev fuzz --cases 1 --seed {seed} -method '*.{test.Split('(')[0]}'. {inner.Message}", inner);
