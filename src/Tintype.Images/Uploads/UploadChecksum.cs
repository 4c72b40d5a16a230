using System.Security.Cryptography;
using Tintype.Platform.Http;

namespace Tintype.Images.Uploads;

/// <summary>
/// The checksum that a client sends with a piece of an upload.
/// <code>Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=</code>
/// </summary>
internal sealed class UploadChecksum
{
    private static readonly Dictionary<string, HashAlgorithmName> _algorithms = new(StringComparer.Ordinal)
    {
        ["sha1"] = HashAlgorithmName.SHA1,
        ["md5"] = HashAlgorithmName.MD5,
        ["sha256"] = HashAlgorithmName.SHA256,
        ["sha512"] = HashAlgorithmName.SHA512,
    };

    private readonly HashAlgorithmName _algorithm;
    private readonly byte[] _expected;

    private UploadChecksum(string name, HashAlgorithmName algorithm, byte[] expected)
    {
        Name = name;
        _algorithm = algorithm;
        _expected = expected;
    }

    /// <summary>The names of those that are understood, as the protocol lists them.</summary>
    public static string Algorithms => string.Join(',', _algorithms.Keys);

    public string Name { get; }

    /// <summary>In base64, as it was sent.</summary>
    public string Expected => Convert.ToBase64String(_expected);

    /// <exception cref="Fault">400.</exception>
    public static UploadChecksum Parse(string header)
    {
        var parts = header.Split(' ');
        if (parts.Length != 2)
            throw Fault.BadRequest($"The header Upload-Checksum is '{header}'; it must be the name of an algorithm, a space, and the checksum in base64.");
        if (!_algorithms.TryGetValue(parts[0], out var algorithm))
            throw Fault.BadRequest($"The header Upload-Checksum names the algorithm '{parts[0]}'; there is {Algorithms}.");
        using var hash = IncrementalHash.CreateHash(algorithm);
        var expected = new byte[hash.HashLengthInBytes];
        if (!Convert.TryFromBase64String(parts[1], expected, out var length) || length != expected.Length)
            throw Fault.BadRequest($"The header Upload-Checksum has '{parts[1]}', which is not {expected.Length} bytes in base64, as a checksum by {parts[0]} is.");
        return new UploadChecksum(parts[0], algorithm, expected);
    }

    public IncrementalHash Begin() => IncrementalHash.CreateHash(_algorithm);

    /// <exception cref="Fault">460: other bytes than the checksum's.</exception>
    public void Check(IncrementalHash hash)
    {
        var found = hash.GetHashAndReset();
        if (!found.AsSpan().SequenceEqual(_expected))
            throw Fault.ChecksumMismatch(this, Convert.ToBase64String(found));
    }
}
