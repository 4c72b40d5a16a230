using Tintype.Compute.Hosts;
using Tintype.Qemu.Process;

namespace Tintype.Compute.Guests;

/// <summary>A guest that runs, and the memory it was promised.</summary>
internal sealed class RunningGuest(IGuestProcess process, GuestReservation reservation)
{
    private readonly TaskCompletionSource<GuestExit> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IGuestProcess Process { get; } = process;

    public GuestReservation Reservation { get; } = reservation;

    /// <summary>Whether somebody asked for its end: then it needs no explanation.</summary>
    public bool EndAsked { get; set; }

    /// <summary>Completes once the guest has ended and the database says so. Cancelled when the server stops and the guest goes on.</summary>
    public Task<GuestExit> Ended => _ended.Task;

    public void SetEnded(GuestExit exit) => _ended.TrySetResult(exit);

    public void Abandon() => _ended.TrySetCanceled();
}
