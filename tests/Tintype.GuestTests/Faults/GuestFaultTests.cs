using Tintype.GuestTests.Snapshots;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Faults;

/// <summary>A snapshot whose guest, or the agent in it, ends or falls silent on the way.</summary>
[Collection(FaultCollection.Name)]
[Trait("run", "soak")]
public sealed class GuestFaultTests(FaultLabFixture fixture, ITestOutputHelper output)
{
    private const int Seed = 20261129;

    /// <summary>The agent's own note, in memory, that it has frozen the guest.</summary>
    private const string Frozen = "/run/qga.state.isfrozen";

    private const string StartAgent = "qemu-ga -d -m virtio-serial -p /dev/virtio-ports/org.qemu.guest_agent.0 -t /run -f /run/qemu-ga.pid -l /run/qemu-ga.log";

    private FaultLab Lab => fixture.Lab;

    /// <summary>When the agent dies: what of the snapshot waits for that, and what the guest waits for before it kills the agent. Unless all are asked for, the worst alone.</summary>
    public static TheoryData<string, string, string> Deaths
    {
        get
        {
            var worst = ("frozen, before the point in time", "transaction", $"until [ -e {Frozen} ]; do usleep 10000; done; usleep 500000");
            return !Soak.IsFull ? [worst] :
            [
                worst,
                ("before it is asked to freeze", "guest-fsfreeze-freeze", "usleep 2000000"),
                ("frozen, after the point in time", "guest-fsfreeze-thaw", $"until [ -e {Frozen} ]; do usleep 10000; done; usleep 500000"),
                ("thawed", "block-export-add", $"until [ -e {Frozen} ]; do usleep 10000; done; while [ -e {Frozen} ]; do usleep 10000; done"),
            ];
        }
    }

    [Fact]
    public async Task A_guest_whose_qemu_is_killed_at_any_step_is_reported_off_and_starts_again_unharmed()
    {
        var random = new Random(Seed);
        var steps = Soak.IsFull ? Step.Asked : [.. Step.Freezing.OrderBy(_ => random.Next()).Take(1)];
        foreach (var step in steps)
        {
            var reached = Lab.At(step, () =>
            {
                Lab.KillGuest();
                return Task.CompletedTask;
            });
            var attempt = Lab.Begin($"QEMU killed {step}");
            await reached.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
            Lab.Calm();
            await attempt.EndAsync(Lab);
            await Cloud.UntilAsync(() => Lab.Cloud.StatusAsync(Lab.Instance), status => status == "SHUTOFF");
            await Lab.BootAgainAsync();
            output.WriteLine($"{attempt.Name}: {await Lab.Invariant.AssertAsync(attempt.Name, attempt)}");
        }
    }

    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task A_guest_whose_agent_dies_is_thawed_as_soon_as_there_is_one_again(string moment, string held, string awaited)
    {
        // Long enough for a thaw to be given up, and short enough for one that is still wanted.
        foreach (var seconds in Soak.IsFull ? new[] { 4, 30 } : [4])
        {
            await InGuestLaterAsync($"{awaited}; kill -9 $(cat /run/qemu-ga.pid); echo AGENT-DEAD. > /dev/ttyS0; usleep {seconds}000000; {StartAgent}; echo AGENT-BACK. > /dev/ttyS0");
            await FollowAsync($"agent dead for {seconds} s {moment}", new Step(held, 1, IsAnswered: false), "AGENT-DEAD.", "AGENT-BACK.");
        }
    }

    [Fact]
    public async Task A_guest_that_never_answers_freeze_or_does_so_too_late_is_not_left_frozen()
    {
        // The agent takes the request up when it goes on, which may be after everybody has gone.
        foreach (var seconds in Soak.IsFull ? new[] { 4, 12, 30, 60 } : [12])
        {
            await InGuestLaterAsync(
                $"usleep 2000000; kill -STOP $(cat /run/qemu-ga.pid); echo AGENT-STOPPED. > /dev/ttyS0; usleep {seconds}000000; kill -CONT $(cat /run/qemu-ga.pid); echo AGENT-GOES-ON. > /dev/ttyS0");
            await FollowAsync($"agent stopped for {seconds} s before freezing", new Step("guest-fsfreeze-freeze", 1, IsAnswered: false), "AGENT-STOPPED.", "AGENT-GOES-ON.");
        }
    }

    private async Task FollowAsync(string fault, Step held, string struck, string over)
    {
        var (struckBefore, overBefore) = (await Lab.SaidAsync(struck), await Lab.SaidAsync(over));
        var reached = Lab.At(held, () => Cloud.UntilAsync(() => Lab.SaidAsync(struck), times => times > struckBefore));
        var attempt = Lab.Begin(fault);
        await reached.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        await Cloud.UntilAsync(() => Lab.SaidAsync(over), times => times > overBefore);
        output.WriteLine($"{fault}: {await Lab.Invariant.AssertAsync(fault, attempt)}");
    }

    private async Task InGuestLaterAsync(string script) => await Lab.InGuestAsync($"setsid sh -c '{script}' > /dev/null 2>&1 < /dev/null &");
}
