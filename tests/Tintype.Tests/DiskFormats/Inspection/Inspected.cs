using Tintype.DiskFormats.Inspection;
using Xunit;

namespace Tintype.Tests.DiskFormats.Inspection;

/// <summary>The finding about an image, which must be the same in pieces of one byte, of an odd number of bytes, and as a whole.</summary>
internal static class Inspected
{
    private const int Block = 4096;

    public static FormatFinding As(string declared, byte[] image, bool wrapped = false, InspectionRules? rules = null)
    {
        var whole = InPieces(declared, image, _ => int.MaxValue, wrapped, rules);
        Assert.Equal(whole, InPieces(declared, image, _ => 509, wrapped, rules));
        Assert.Equal(whole, InPieces(declared, image, _ => 65_537, wrapped, rules));
        // Byte by byte, but for blocks of zeros that nothing can depend on.
        Assert.Equal(whole, InPieces(declared, image, at => at % Block == 0 && image.Length - at > 2 * Block && !image.AsSpan(at, Block).ContainsAnyExcept((byte)0) ? Block : 1, wrapped, rules));
        return whole;
    }

    public static void IsUnsafe(string reason, string declared, byte[] image) =>
        Assert.StartsWith($"Image failed safety checks: {reason}", As(declared, image).Refusal, StringComparison.Ordinal);

    private static FormatFinding InPieces(string declared, byte[] image, Func<int, int> piece, bool wrapped, InspectionRules? rules)
    {
        var inspection = new FormatInspection(declared, wrapped, rules);
        for (var at = 0; at < image.Length;)
        {
            var length = Math.Min(piece(at), image.Length - at);
            inspection.Feed(image.AsSpan(at, length));
            at += length;
        }

        return inspection.Finish();
    }
}
