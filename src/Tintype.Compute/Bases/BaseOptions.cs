using System.ComponentModel.DataAnnotations;

namespace Tintype.Compute.Bases;

/// <summary>Section <c>Compute:Bases</c>.</summary>
internal sealed class BaseOptions
{
    public const string Section = "Compute:Bases";

    /// <summary>How many bytes a second of an image are read at most to store its disk's content; null for as many as can be.</summary>
    [Range(1024 * 1024, long.MaxValue)]
    public long? BytesPerSecond { get; init; }
}
