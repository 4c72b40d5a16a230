using Tintype.Images.Data.Hashing;
using Tintype.Platform.Http;

namespace Tintype.Images.Uploads;

/// <summary>
/// The checksum that a client sends with a piece of an upload.
/// <code>Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=</code>
/// </summary>
internal sealed class UploadChecksum
{
    private static readonly IReadOnlyList<HashKind> _algorithms = [HashKind.Sha1, HashKind.Md5, HashKind.Sha256, HashKind.Sha512, HashKind.Crc32];

    private readonly HashKind _algorithm;
    private readonly byte[] _expected;

    private UploadChecksum(HashKind algorithm, byte[] expected)
    {
        _algorithm = algorithm;
        _expected = expected;
    }

    /// <summary>The names of those that are understood, as the protocol lists them.</summary>
    public static string Algorithms => string.Join(',', _algorithms.Select(kind => kind.Name));

    public string Name => _algorithm.Name;

    /// <summary>In base64, as it was sent.</summary>
    public string Expected => Convert.ToBase64String(_expected);

    /// <exception cref="Fault">400.</exception>
    public static UploadChecksum Parse(string header)
    {
        var parts = header.Split(' ');
        if (parts.Length != 2)
            throw Fault.BadRequest($"The header Upload-Checksum is '{header}'; it must be the name of an algorithm, a space, and the checksum in base64.");
        if (_algorithms.FirstOrDefault(kind => kind.Name == parts[0]) is not { } algorithm)
            throw Fault.BadRequest($"The header Upload-Checksum names the algorithm '{parts[0]}'; there is {Algorithms}.");
        var expected = new byte[algorithm.Length];
        if (!Convert.TryFromBase64String(parts[1], expected, out var length) || length != expected.Length)
            throw Fault.BadRequest($"The header Upload-Checksum has '{parts[1]}', which is not {expected.Length} bytes in base64, as a checksum by {parts[0]} is.");
        return new UploadChecksum(algorithm, expected);
    }

    public RunningHash Begin() => _algorithm.Begin();

    /// <exception cref="Fault">460: other bytes than the checksum's.</exception>
    public void Check(RunningHash hash)
    {
        var found = hash.End();
        if (!found.AsSpan().SequenceEqual(_expected))
            throw Fault.ChecksumMismatch(this, Convert.ToBase64String(found));
    }
}
