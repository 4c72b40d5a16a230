using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Tintype.Platform.Http;

namespace Tintype.Compute.Keypairs;

/// <summary>A public key as a line of an authorized_keys file: type, base64, comment (RFC 4253, section 6.6).</summary>
/// <param name="Line">The line as given, without white space around it.</param>
/// <param name="Fingerprint">MD5 of the key's bytes in hexadecimal with colons: the form that Nova shows.</param>
internal sealed record SshPublicKey(string Line, string Fingerprint)
{
    private static readonly string[] _types =
    [
        "ssh-ed25519", "ssh-rsa", "ssh-dss", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
    ];

    /// <exception cref="Fault">400: it is none.</exception>
    public static SshPublicKey Parse(string text)
    {
        var line = text.Trim();
        if (line.AsSpan().ContainsAny('\n', '\r'))
            throw Invalid("it has more than one line");
        var words = line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2)
            throw Invalid("it is not 'TYPE BASE64 COMMENT', as in a file id_ed25519.pub");
        if (!_types.Contains(words[0], StringComparer.Ordinal))
            throw Invalid($"its type '{words[0]}' is not one of {string.Join(", ", _types)}");
        var bytes = new byte[words[1].Length];
        if (!Convert.TryFromBase64String(words[1], bytes, out var length))
            throw Invalid("its second word is not base64");

        // The bytes begin with their own type, as a string with its length before it.
        var type = Encoding.ASCII.GetBytes(words[0]);
        var key = bytes.AsSpan(0, length);
        if (key.Length <= 4 + type.Length || BinaryPrimitives.ReadUInt32BigEndian(key) != type.Length || !key[4..].StartsWith(type))
            throw Invalid($"its bytes are not those of a {words[0]} key");
        return new SshPublicKey(line, FingerprintOf(key));
    }

    /// <summary>A new RSA pair: the only type whose private half every ssh client reads as plain PEM.</summary>
    public static (SshPublicKey Public, string PrivatePem) Generate()
    {
        using var rsa = RSA.Create(2048);
        var parameters = rsa.ExportParameters(includePrivateParameters: false);
        using var bytes = new MemoryStream();
        WriteString(bytes, "ssh-rsa"u8);
        WriteInteger(bytes, parameters.Exponent!);
        WriteInteger(bytes, parameters.Modulus!);
        return (Parse($"ssh-rsa {Convert.ToBase64String(bytes.ToArray())} Generated-by-Tintype"), rsa.ExportRSAPrivateKeyPem() + "\n");
    }

    // MD5 because that is what this fingerprint is; nothing relies on it being hard to forge.
#pragma warning disable CA5351
    private static string FingerprintOf(ReadOnlySpan<byte> key) => BitConverter.ToString(MD5.HashData(key)).Replace('-', ':').ToLowerInvariant();
#pragma warning restore CA5351

    private static void WriteString(MemoryStream to, ReadOnlySpan<byte> value)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, value.Length);
        to.Write(length);
        to.Write(value);
    }

    // Two's complement: a leading bit that is set would make it negative (RFC 4251, section 5).
    private static void WriteInteger(MemoryStream to, byte[] value) => WriteString(to, value[0] >= 0x80 ? [0, .. value] : value);

    private static Fault Invalid(string reason) => Fault.BadRequest($"Keypair data is invalid: failed to generate fingerprint: {reason}");
}
