using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Tintype.Identity.Tokens;

/// <summary>
/// A token's text: 256 random bits. Only its SHA-256 is kept: what is random needs no slow hash, and a stolen database
/// holds nothing that opens a door.
/// </summary>
internal static class TokenSecret
{
    // Hexadecimal: base64url may begin with a dash, which the client's `token revoke` would take for an option.
    public static string New() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    public static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>An id by which logs may speak of a token without giving it away; 22 characters, as Keystone's.</summary>
    public static string NewAuditId() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
}
