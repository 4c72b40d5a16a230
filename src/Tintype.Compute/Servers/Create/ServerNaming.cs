using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tintype.Compute.Api;
using Tintype.Platform.Http;

namespace Tintype.Compute.Servers.Create;

/// <summary>Names that are derived or drawn when a server is made.</summary>
internal static class ServerNaming
{
    /// <summary>The n-th of several servers of one request, from 0.</summary>
    public static string NameOf(string name, int index, int count) =>
        count == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{index + 1}");

    /// <summary>
    /// A host name from a server's name, of letters, digits and hyphens, at most 63 of them (RFC 1123); if nothing is left,
    /// <c>Server-ID</c>.
    /// </summary>
    public static string HostnameOf(string name, Guid id)
    {
        var text = new StringBuilder();
        foreach (var c in name)
        {
            if (c is ' ' or '_' or '.' or '-')
                text.Append('-');
            else if (char.IsAsciiLetterOrDigit(c))
                text.Append(char.ToLowerInvariant(c));
        }

        var hostname = text.ToString();
        hostname = hostname[..Math.Min(hostname.Length, 63)].Trim('-');
        return hostname.Length == 0 ? $"Server-{id}" : hostname;
    }

    /// <summary>The host name that a request gives in words of its own; null when it gives none.</summary>
    /// <exception cref="Fault">400: it is none. It goes into the guest's files, where a line feed, say, would be more than a name.</exception>
    public static string? HostnameIn(RequestObject server)
    {
        if (server.OptionalText("hostname", 1, 63) is not { } hostname)
            return null;
        return hostname.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_') ? hostname
            : throw server.Invalid("hostname", "it must be letters, digits and any of - . _");
    }

    /// <summary>A locally administered unicast address in the range that OpenStack uses.</summary>
    public static string NewMacAddress()
    {
        var bytes = RandomNumberGenerator.GetBytes(3);
        return $"fa:16:3e:{bytes[0]:x2}:{bytes[1]:x2}:{bytes[2]:x2}";
    }

    /// <summary>Twelve letters and digits, without those that look alike.</summary>
    public static string NewPassword() => RandomNumberGenerator.GetString("23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", 12);

    public static string NewReservationId() => "r-" + RandomNumberGenerator.GetString("0123456789abcdefghijklmnopqrstuvwxyz", 8);
}
