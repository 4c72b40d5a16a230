using System.Net;

namespace Tintype.Images.Import.WebDownload;

/// <summary>
/// Which addresses are on the public internet: those that the registries of special-purpose addresses
/// (https://www.iana.org/assignments/iana-ipv4-special-registry, …-ipv6-…) do not call otherwise.
/// </summary>
internal static class PublicAddress
{
    private static readonly IPNetwork[] _special =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        }.Select(IPNetwork.Parse),
    ];

    public static bool Is(IPAddress address)
    {
        var plain = Embedded(address);
        return !_special.Any(network => network.Contains(plain));
    }

    /// <summary>The IPv4 address that an IPv6 one stands for, where it does: packets go to that one.</summary>
    public static IPAddress Embedded(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        if (bytes.Length != 16)
            return address;
        // 64:ff9b::/96 (translation) ends in the address, 2002::/16 (6to4) has it next, ::/96 (long deprecated) ends in it.
        if (bytes is [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, ..])
            return new IPAddress(bytes[12..]);
        if (bytes is [0x20, 0x02, ..])
            return new IPAddress(bytes[2..6]);
        return bytes.AsSpan(0, 12).ContainsAnyExcept((byte)0) || address.Equals(IPAddress.IPv6Loopback) || address.Equals(IPAddress.IPv6Any)
            ? address : new IPAddress(bytes[12..]);
    }
}
