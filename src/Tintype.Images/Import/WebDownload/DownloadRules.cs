using System.Net;
using Microsoft.Extensions.Options;
using Tintype.Platform.Http;

namespace Tintype.Images.Import.WebDownload;

/// <summary>
/// Where a download may go. A user who has this service fetch a URL speaks with its voice inside its network: what the URL says is
/// checked when it is given, and what its name resolves to when the connection is made, each time.
/// </summary>
internal sealed class DownloadRules
{
    private static readonly string[] _schemes = ["http", "https"];
    private static readonly int[] _ports = [80, 443];

    private readonly DownloadOptions _options;
    private readonly IPNetwork[] _networks;

    /// <exception cref="InvalidOperationException">A network in the configuration is none, or a scheme is one by which nothing can be fetched.</exception>
    public DownloadRules(IOptions<DownloadOptions> options)
    {
        _options = options.Value;
        _networks = [.. _options.AllowedNetworks.Select(Network)];
        if (_options.AllowedSchemes.FirstOrDefault(scheme => !_schemes.Contains(scheme)) is { } other)
            throw new InvalidOperationException($"Images:WebDownload:AllowedSchemes has '{other}'; there is {string.Join(", ", _schemes)}.");
    }

    /// <summary>What can be said of a URL without asking anybody.</summary>
    /// <exception cref="Fault">400: not a URL, or one that is not to be fetched from.</exception>
    public Uri Check(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
            throw Refuse(text, "it is no URL");
        Permit(text, $"the scheme {uri.Scheme}", uri.Scheme, _options.AllowedSchemes, _options.DisallowedSchemes, _schemes);
        // Whatever is not refused by name.
        if (!_schemes.Contains(uri.Scheme))
            throw Refuse(text, $"nothing can be fetched by {uri.Scheme}");
        if (uri.UserInfo.Length > 0)
            throw Refuse(text, "it has a user name in it");
        var host = uri.IdnHost.TrimEnd('.').ToLowerInvariant();
        Permit(text, $"the host {host}", host, _options.AllowedHosts, _options.DisallowedHosts, null);
        Permit(text, $"the port {uri.Port}", uri.Port, _options.AllowedPorts, _options.DisallowedPorts, _ports);
        // Every spelling that a resolver would take for an address: 127.1, 0x7f000001, 2130706433, [::ffff:127.0.0.1].
        if (IPAddress.TryParse(uri.Host, out var address) && !Permits(address, host))
            throw Refuse(text, $"{address} is not a public address");
        return uri;
    }

    /// <summary>Whether a connection may be made to an address that a name has led to.</summary>
    public bool Permits(IPAddress address, string host)
    {
        var plain = PublicAddress.Embedded(address);
        return PublicAddress.Is(plain) || _networks.Any(network => network.Contains(plain)) || _options.AllowedHosts.Contains(host, StringComparer.OrdinalIgnoreCase);
    }

    private static void Permit<T>(string uri, string what, T value, IList<T> allowed, IList<T> refused, T[]? byDefault)
    {
        // As Glance: what is allowed is looked at first, and what is refused only where nothing is said to be allowed.
        var permitted = allowed.Count > 0 ? allowed.Contains(value) : refused.Count > 0 ? !refused.Contains(value) : byDefault is null || byDefault.Contains(value);
        if (!permitted)
            throw Refuse(uri, $"{what} is not allowed");
    }

    private static Fault Refuse(string uri, string reason) => Fault.BadRequest($"URI for web-download does not pass filtering: {uri} ({reason})");

    private static IPNetwork Network(string text) => IPNetwork.TryParse(text, out var network)
        ? network
        : throw new InvalidOperationException($"Images:WebDownload:AllowedNetworks has '{text}'; a network is written like 10.0.0.0/8.");
}
