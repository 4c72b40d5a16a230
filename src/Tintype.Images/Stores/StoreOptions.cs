using System.ComponentModel.DataAnnotations;

namespace Tintype.Images.Stores;

/// <summary>Section <c>Images</c>: where image data is kept.</summary>
internal sealed class StoreOptions
{
    /// <summary>The stores by name. Without any there is one, <c>local</c>, in the data directory.</summary>
    public Dictionary<string, StoreSettings> Stores { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Where data goes whose sender names no store. May be left out when there is one that takes data.</summary>
    public string? DefaultStore { get; set; }
}

/// <summary>One store: <c>Images:Stores:NAME</c>.</summary>
internal sealed class StoreSettings
{
    /// <summary><c>local</c>: files in a directory. <c>chunks</c>: equal parts of all images once, compressed, in a directory. <c>http</c>: what lies on web servers, to be read only, from where Images:WebDownload allows it.</summary>
    [Required]
    public string Driver { get; set; } = "local";

    /// <summary>The directory of a store that has one; by default <c>stores/NAME</c> in the data directory.</summary>
    public string? Path { get; set; }

    /// <summary>Shown to users.</summary>
    public string? Description { get; set; }

    /// <summary>Of several stores that have an image, the one with the greatest weight is read first.</summary>
    public int Weight { get; set; }
}
