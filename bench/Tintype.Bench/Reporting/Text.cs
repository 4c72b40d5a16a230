using System.Globalization;

namespace Tintype.Bench.Reporting;

/// <summary>Figures with their units.</summary>
internal static class Text
{
    public static string Speed(double megabytesPerSecond) => string.Create(CultureInfo.InvariantCulture, $"{megabytesPerSecond:0} MB/s");

    public static string Cost(double secondsPerGibibyte) => string.Create(CultureInfo.InvariantCulture, $"{secondsPerGibibyte:0.00} s/GiB");

    public static string PerRequest(double milliseconds) => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.000} ms");

    public static string Rate(double perSecond) => string.Create(CultureInfo.InvariantCulture, $"{perSecond:0}/s");

    public static string Mebibytes(double mebibytes) => string.Create(CultureInfo.InvariantCulture, $"{mebibytes:0} MiB");

    public static string Seconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.00} s");

    public static string Milliseconds(double milliseconds) => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0} ms");

    public static string Bytes(long bytes) => bytes >= 1L << 30 ? $"{bytes >> 30} GiB" : $"{bytes >> 20} MiB";
}
