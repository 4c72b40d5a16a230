using System.ComponentModel.DataAnnotations;

namespace Tintype.Images.Import.WebDownload;

/// <summary>
/// Section <c>Images:WebDownload</c>: where this service may fetch images from when a user asks it to. As in Glance, a list of what
/// is allowed wins over the list of what is refused.
/// </summary>
internal sealed class DownloadOptions
{
    /// <summary>Of <c>http</c> and <c>https</c>: nothing else can be fetched.</summary>
    public IList<string> AllowedSchemes { get; } = [];

    public IList<string> DisallowedSchemes { get; } = [];

    /// <summary>Exact names or addresses.</summary>
    public IList<string> AllowedHosts { get; } = [];

    public IList<string> DisallowedHosts { get; } = [];

    public IList<int> AllowedPorts { get; } = [];

    public IList<int> DisallowedPorts { get; } = [];

    /// <summary>Networks (CIDR) that may be fetched from although they are not public: loopback, private and link-local ones are refused otherwise.</summary>
    public IList<string> AllowedNetworks { get; } = [];

    /// <summary>How often a server may send the download elsewhere.</summary>
    [Range(0, 50)]
    public int MaximumRedirects { get; set; } = 5;

    /// <summary>How long a server may send nothing before the download is given up.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(1);
}
