namespace Tintype.Images.Import.GlanceDownload;

/// <summary>Section <c>Images:GlanceDownload</c>: the other image services that images may be fetched from.</summary>
internal sealed class GlanceDownloadOptions
{
    /// <summary>The URL of the image service of each region, for example https://glance.east.example.org; they accept this cloud's tokens.</summary>
    public IDictionary<string, Uri> Regions { get; } = new Dictionary<string, Uri>(StringComparer.Ordinal);

    /// <summary>How the names of the properties begin that are taken over; Glance's, if none is given.</summary>
    public IList<string> Properties { get; } = [];
}
