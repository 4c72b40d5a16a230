using System.ComponentModel.DataAnnotations;

namespace Tintype.Images.Caching;

/// <summary>Section <c>Images:Cache</c>: a directory of this host for images that lie farther away.</summary>
internal sealed class CacheOptions
{
    /// <summary>The directory, from the data directory if it is relative. Without it there is no cache, and the Images API says so.</summary>
    public string? Path { get; set; }

    /// <summary>Bytes beyond which those images go that were not asked for the longest. Glance's image_cache_max_size, with its default.</summary>
    [Range(0, long.MaxValue)]
    public long MaximumBytes { get; set; } = 10L << 30;

    /// <summary>How old a file must be that is no image yet to be cleaned away. Glance's image_cache_stall_time, with its default.</summary>
    public TimeSpan StallTime { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How long an image waits in the queue before it is fetched: whoever queues by mistake can take it out again, and sees it there
    /// meanwhile. What could not be fetched is tried again after <see cref="SweepInterval"/>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan QueueDelay { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often what has become of no use is looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(10);

    public bool IsOn => !string.IsNullOrEmpty(Path);
}
