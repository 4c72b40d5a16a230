using System.ComponentModel.DataAnnotations;

namespace Tintype.Images.Import.Preparation;

/// <summary>Section <c>Images:Import</c>: what is done to imported data before it becomes an image. Nothing, without it.</summary>
internal sealed class PreparationOptions
{
    /// <summary>Whether data in the container <c>compressed</c> (gzip, xz, zstd, bzip2) is unpacked, into a bare image.</summary>
    public bool Decompress { get; set; }

    /// <summary>The format that every disk is converted to: raw or qcow2; none if null.</summary>
    [AllowedValues(null, "raw", "qcow2")]
    public string? ConvertTo { get; set; }

    /// <summary>How long a conversion may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ConversionTimeLimit { get; set; } = TimeSpan.FromHours(2);

    /// <summary>Properties that every imported image gets, in place of its own of the same name.</summary>
    public IDictionary<string, string> InjectProperties { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Whoever has one of these roles imports without the properties; administrators, if none is named.</summary>
    public IList<string> InjectIgnoredRoles { get; } = [];
}
