using System.ComponentModel.DataAnnotations;
using Tintype.Storage.Chunks.Collection;

namespace Tintype.Images.Chunks.Collection;

/// <summary>Section <c>Images:Chunks:Collection</c>: how chunk stores are rid of what nothing needs.</summary>
internal sealed class CollectionOptions
{
    /// <summary>How often.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Interval { get; set; } = TimeSpan.FromHours(6);

    /// <summary>How long what nothing needs stays.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan GracePeriod { get; set; } = TimeSpan.FromDays(1);

    /// <summary>The part of a pack that is still needed below which the rest is written anew.</summary>
    [Range(0.0, 1.0)]
    public double RewriteBelow { get; set; } = 0.5;

    internal CollectionRules Rules => new(GracePeriod, RewriteBelow);
}
