using System.Globalization;
using System.Text.RegularExpressions;
using Tintype.Platform.Http;

namespace Tintype.Images.Data.Download;

/// <summary>The part of an image that a request asks for.</summary>
/// <param name="Offset">Bytes from the beginning.</param>
/// <param name="Length">Bytes; at least 1.</param>
internal readonly partial record struct ByteRange(long Offset, long Length)
{
    public string ToContentRange(long size) => $"bytes {Offset}-{Offset + Length - 1}/{size}";

    /// <summary>
    /// Reads <c>Range: bytes=a-b</c>, <c>a-</c> or <c>-n</c>. Without it, a <c>Content-Range: bytes a-b/c</c> or <c>a-b/*</c> of the
    /// request, which has no meaning in HTTP, but which old clients send and Glance obeys.
    /// </summary>
    /// <returns>Null when the whole image is asked for.</returns>
    /// <exception cref="Fault">400 for several ranges; 416 for one that cannot be read or has no byte of the image.</exception>
    public static ByteRange? Parse(string? range, string? contentRange, long size)
    {
        if (!string.IsNullOrEmpty(range))
            return OfRange(range, size);
        return string.IsNullOrEmpty(contentRange) ? null : OfContentRange(contentRange, size);
    }

    private static ByteRange OfRange(string header, long size)
    {
        if (header.Contains(',', StringComparison.Ordinal))
            throw Fault.SeveralRanges(header);
        var match = RangeForm().Match(header);
        var first = Number(match.Groups["first"]);
        var last = Number(match.Groups["last"]);
        if (first is null && last is > 0 && size > 0)
        {
            // The last n bytes; all of them if there are fewer.
            var length = Math.Min(last.Value, size);
            return new ByteRange(size - length, length);
        }

        if (first is null || first >= size || last < first)
            throw Fault.RangeNotSatisfiable(header, size);
        return new ByteRange(first.Value, Math.Min(last ?? long.MaxValue, size - 1) - first.Value + 1);
    }

    private static ByteRange OfContentRange(string header, long size)
    {
        var match = ContentRangeForm().Match(header);
        if (Number(match.Groups["first"]) is not { } first || Number(match.Groups["last"]) is not { } last || last < first || last >= size)
            throw Fault.RangeNotSatisfiable(header, size);
        return new ByteRange(first, last - first + 1);
    }

    // Numbers beyond 64 bits are beyond any image: as good as the largest.
    private static long? Number(Group digits) => !digits.Success || digits.Length == 0 ? null
        : long.TryParse(digits.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : long.MaxValue;

    [GeneratedRegex(@"^\s*bytes\s*=\s*(?<first>[0-9]*)\s*-\s*(?<last>[0-9]*)\s*$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex RangeForm();

    [GeneratedRegex(@"^\s*bytes\s+(?<first>[0-9]+)\s*-\s*(?<last>[0-9]+)\s*/\s*([0-9]+|\*)\s*$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ContentRangeForm();
}
