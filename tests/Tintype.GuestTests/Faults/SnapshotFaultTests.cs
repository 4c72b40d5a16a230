using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Faults;

/// <summary>A snapshot of a running guest, struck at each step that it comes to.</summary>
[Collection(FaultCollection.Name)]
[Trait("run", "soak")]
public sealed class SnapshotFaultTests(FaultLabFixture fixture, ITestOutputHelper output)
{
    private const int Seed = 20261128;

    private FaultLab Lab => fixture.Lab;

    [Fact]
    public async Task A_kill_of_the_server_at_any_step_leaves_nothing_half_done() => await StrikeAsync("kill", 4, async (attempt, reached) =>
    {
        await reached;
        await attempt.Answer;
        // Before the next start: what thaws now is the watchdog.
        await Lab.Invariant.AssertThawedAsync(attempt.Name);
        await Lab.RestartAsync();
    }, () => Lab.Server.KillAsync());

    [Fact]
    public async Task A_cancellation_at_any_step_leaves_nothing_but_its_reason()
    {
        SnapshotAttempt? struck = null;
        await StrikeAsync("cancel", 6, async (attempt, reached) =>
        {
            struck = attempt;
            await reached;
        }, async () =>
        {
            var task = (await struck!.FindTaskAsync(Lab))!.Value;
            using var answer = await Lab.Cloud.Http.PostAsync($"/tintype/v1/tasks/{task.GetProperty("id").GetString()}/cancel", null);
            Assert.Equal(202, (int)answer.StatusCode);
        });
    }

    /// <summary>All steps in a soak; a few of them, chosen by the seed, otherwise.</summary>
    private async Task StrikeAsync(string what, int few, Func<SnapshotAttempt, Task, Task> followAsync, Func<Task> strike)
    {
        // By its bitmap; and what the first one leaves is removed at the end of each.
        await Lab.Invariant.AssertTakesAsync("first");
        var random = new Random(Seed);
        var steps = Soak.IsFull ? Step.All : [.. Step.All.OrderBy(_ => random.Next()).Take(few)];
        foreach (var step in steps)
        {
            var reached = Lab.At(step, strike);
            var attempt = Lab.Begin($"{what} {step}");
            await followAsync(attempt, reached.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken));
            output.WriteLine($"{attempt.Name}: {await Lab.Invariant.AssertAsync(attempt.Name, attempt)}");
        }

        await Lab.Invariant.AssertTakesAsync("last");
        await Lab.Invariant.AssertStoreIsCleanAsync();
    }
}
