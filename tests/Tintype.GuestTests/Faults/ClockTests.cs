using System.Globalization;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Faults;

/// <summary>The host's time of day is set while a snapshot is under way: for the server and its watchdog alone, by libfaketime.</summary>
[Collection(FaultCollection.Name)]
[Trait("run", "soak")]
public sealed class ClockTests(FaultLabFixture fixture, ITestOutputHelper output) : IAsyncLifetime
{
    private const string Library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

    private static readonly int[] _hours = [+1, -1, +24 * 400, -24 * 400];

    private FaultLab Lab => fixture.Lab;

    private string Clock => Lab.File("clock");

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(File.Exists(Library), "libfaketime is not installed.");
        await SetAsync(0);
        await Lab.TapAsync("env", $"LD_PRELOAD={Library}", $"FAKETIME_TIMESTAMP_FILE={Clock}", "FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1");
    }

    public async ValueTask DisposeAsync() => await Lab.TapAsync();

    [Fact]
    public async Task A_clock_that_is_set_at_any_step_harms_no_snapshot()
    {
        var jump = 0;
        foreach (var step in Soak.IsFull ? Step.All : [new Step("transaction", 1, IsAnswered: true), new Step("block-export-add", 1, IsAnswered: true)])
        {
            // There, and afterwards back.
            var hours = _hours[jump++ % _hours.Length];
            var reached = Lab.At(step, () => SetAsync(hours));
            var attempt = Lab.Begin($"clock set by {hours} h {step}");
            await reached.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
            await attempt.Answer;
            // A token may be over by then, or not have begun.
            await Lab.SignInAsync();
            var how = await Lab.Invariant.AssertAsync(attempt.Name, attempt);
            output.WriteLine($"{attempt.Name}: {how}");
            Assert.True(how == "complete", $"{attempt.Name}: {how}\n{Lab.Server.Output}");
            await SetAsync(0);
            await Lab.SignInAsync();
        }
    }

    // Replaced, so that nobody reads half of it.
    private async Task SetAsync(int hours)
    {
        await File.WriteAllTextAsync($"{Clock}.new", string.Create(CultureInfo.InvariantCulture, $"{hours:+0;-0}h\n"));
        File.Move($"{Clock}.new", Clock, overwrite: true);
    }
}
