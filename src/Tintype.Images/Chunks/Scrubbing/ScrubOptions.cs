using System.ComponentModel.DataAnnotations;

namespace Tintype.Images.Chunks.Scrubbing;

/// <summary>Section <c>Images:Chunks:Scrub</c>: how the chunks are read again.</summary>
internal sealed class ScrubOptions
{
    /// <summary>How long after a pass has ended the next one begins.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Interval { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Bytes of packs that are read in a second at the most.</summary>
    [Range(1, long.MaxValue)]
    public long BytesPerSecond { get; set; } = 16L << 20;
}
