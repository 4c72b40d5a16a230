namespace Tintype.Platform.Database;

/// <summary>Times as the database keeps them: microseconds since 1970, UTC, in an integer column that sorts and seeks.</summary>
public static class Timestamp
{
    public static long ToMicroseconds(this DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset FromMicroseconds(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    /// <summary>OpenStack's wire format without fraction, <c>2026-11-23T20:38:13Z</c>.</summary>
    public static string ToWire(this DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
