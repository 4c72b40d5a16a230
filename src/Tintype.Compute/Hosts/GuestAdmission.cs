using Microsoft.Extensions.Options;
using Tintype.Compute.Servers;

namespace Tintype.Compute.Hosts;

/// <summary>
/// Memory for guests, promised one at a time. A guest does not touch all of its memory at once: what is promised and not yet
/// occupied is held back from what the host has available.
/// </summary>
internal sealed class GuestAdmission(IHostMemory host, IOptions<ComputeOptions> options) : IGuestAdmission
{
    private readonly Lock _lock = new();
    private readonly HashSet<GuestReservation> _reservations = [];

    public IDisposable? TryReserve(int memoryMib) => TryReserve(memoryMib, out _);

    /// <param name="free">MiB that a guest could have had, if this one gets none.</param>
    public GuestReservation? TryReserve(int memoryMib, out long free)
    {
        lock (_lock)
        {
            var promised = _reservations.Sum(r => Math.Max(0, r.Mib - (r.Pid is { } pid ? host.ResidentOf(pid) : 0)));
            free = Math.Max(0, host.Available() - promised - options.Value.HostReserve - options.Value.QemuOverhead);
            return memoryMib <= free ? Add(memoryMib) : null;
        }
    }

    /// <summary>For a guest that runs already: it has its memory whether or not there is enough.</summary>
    public GuestReservation Acknowledge(int memoryMib, int pid)
    {
        lock (_lock)
        {
            var reservation = Add(memoryMib);
            reservation.Pid = pid;
            return reservation;
        }
    }

    private GuestReservation Add(int memoryMib)
    {
        var reservation = new GuestReservation(memoryMib + options.Value.QemuOverhead, Remove);
        _reservations.Add(reservation);
        return reservation;
    }

    private void Remove(GuestReservation reservation)
    {
        lock (_lock)
            _reservations.Remove(reservation);
    }
}

/// <summary>Memory that a guest was promised.</summary>
internal sealed class GuestReservation(int mib, Action<GuestReservation> release) : IDisposable
{
    /// <summary>QEMU's own share included.</summary>
    public int Mib { get; } = mib;

    /// <summary>The process that takes the memory, once it runs: what it occupies is then not counted twice.</summary>
    public int? Pid { get; set; }

    public void Dispose() => release(this);
}
