using Tintype.Qemu.Process;
using Tintype.Snapshots.Capture;

namespace Tintype.Tests.Snapshots;

/// <summary>Watchdogs that thaw the world's guest when they are let go without having been stood down.</summary>
internal sealed class FakeWatchdogs(CaptureWorld world) : IThawWatchdog
{
    public int OnDuty { get; private set; }

    /// <summary>How many have thawed the guest.</summary>
    public int ThatBit { get; private set; }

    public async Task<IArmedWatchdog> ArmAsync(IGuestProcess guest, TimeSpan limit, CancellationToken ct)
    {
        await world.StepAsync("arm watchdog");
        OnDuty++;
        return new Armed(this);
    }

    /// <summary>All of them, as when the process that they watch is killed.</summary>
    public void BiteAll()
    {
        for (; OnDuty > 0; OnDuty--)
            Bite();
    }

    private void Bite()
    {
        ThatBit++;
        world.Guest?.Frozen = false;
    }

    private sealed class Armed(FakeWatchdogs all) : IArmedWatchdog
    {
        private bool _over;

        public async Task StandDownAsync()
        {
            await all.StandDownAsync();
            _over = true;
        }

        public ValueTask DisposeAsync()
        {
            if (!_over)
            {
                all.OnDuty--;
                all.Bite();
            }

            return ValueTask.CompletedTask;
        }
    }

    private async Task StandDownAsync()
    {
        await world.StepAsync("stand down");
        OnDuty--;
    }
}
