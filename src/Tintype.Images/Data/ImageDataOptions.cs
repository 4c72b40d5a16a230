using System.ComponentModel.DataAnnotations;

namespace Tintype.Images.Data;

/// <summary>Section <c>Images</c>.</summary>
internal sealed class ImageDataOptions
{
    /// <summary>The largest image that is taken, in bytes. Glance's image_size_cap, with its default of 1 TiB.</summary>
    [Range(1, long.MaxValue)]
    public long SizeCapBytes { get; set; } = 1L << 40;

    /// <summary>How often the store is compared with the database, beside start-up: what a deletion leaves is collected at once.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromHours(1);
}
