using Microsoft.Extensions.Time.Testing;

namespace Tintype.Tests.Platform.Tasks;

/// <summary>A clock that somebody sets while it runs: the time of day jumps, and what measures durations does not, as with the kernel's.</summary>
internal sealed class WrongClock : FakeTimeProvider
{
    private TimeSpan _off;

    public void Jump(TimeSpan by) => _off += by;

    public override long GetTimestamp() => base.GetUtcNow().Ticks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _off;
}
