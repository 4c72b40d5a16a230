using System.ComponentModel.DataAnnotations;

namespace Tintype.Identity;

/// <summary>The section <c>Identity</c> of the configuration.</summary>
public sealed class IdentityOptions
{
    public const string Section = "Identity";

    /// <summary>How long a token is good for, from one second (for tests) to 30 days.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromHours(8);
}
