using Tintype.Qemu.Process;

namespace Tintype.Snapshots.Capture;

/// <summary>Thaws a guest if its server does not.</summary>
internal interface IThawWatchdog
{
    /// <summary>Returns once a process of its own stands ready to thaw the guest after <paramref name="limit"/>, or at once when this server dies.</summary>
    Task<IArmedWatchdog> ArmAsync(IGuestProcess guest, TimeSpan limit, CancellationToken ct);
}

/// <summary>A watchdog on duty. Disposing it without <see cref="StandDownAsync"/> makes it thaw the guest.</summary>
internal interface IArmedWatchdog : IAsyncDisposable
{
    /// <summary>Tells it that the guest is thawed. No error if it has gone already.</summary>
    Task StandDownAsync();
}
