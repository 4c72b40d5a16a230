using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Digests;
using Tintype.Images.Data.Ingest;

namespace Tintype.Images.Data.Hashing;

/// <summary>A way of hashing data, by the name that clients and operators write: that of Python's hashlib, as in Glance.</summary>
internal sealed class HashKind
{
    private readonly Func<RunningHash> _begin;

    private HashKind(string name, int length, Func<RunningHash> begin) => (Name, Length, _begin) = (name, length, begin);

    private HashKind(string name, int length, HashAlgorithmName platform) : this(name, length, () => new PlatformHash(platform))
    {
    }

    public static HashKind Md5 { get; } = new("md5", 16, HashAlgorithmName.MD5);

    public static HashKind Sha1 { get; } = new("sha1", 20, HashAlgorithmName.SHA1);

    /// <summary>Only of signatures: .NET does not have it, and computed without the processor's help it is slower than SHA-512.</summary>
    public static HashKind Sha224 { get; } = new("sha224", 28, () => new LibraryHash(new Sha224Digest()));

    public static HashKind Sha256 { get; } = new("sha256", 32, HashAlgorithmName.SHA256);

    public static HashKind Sha384 { get; } = new("sha384", 48, HashAlgorithmName.SHA384);

    public static HashKind Sha512 { get; } = new("sha512", 64, HashAlgorithmName.SHA512);

    /// <summary>Only of pieces on their way: it finds accidents, not intent.</summary>
    public static HashKind Crc32 { get; } = new("crc32", 4, () => new Crc32Hash());

    /// <summary>
    /// What an operator may choose for new images. Of the others that Glance takes, two can be made to collide, some have no fixed
    /// length, and for the rest there is no implementation of this platform's own.
    /// </summary>
    public static IReadOnlyList<HashKind> Choices { get; } =
    [
        Sha256, Sha384, Sha512,
        new("sha3_256", 32, HashAlgorithmName.SHA3_256), new("sha3_384", 48, HashAlgorithmName.SHA3_384), new("sha3_512", 64, HashAlgorithmName.SHA3_512),
    ];

    /// <summary>What a sender may say of data.</summary>
    public static IReadOnlyList<HashKind> All { get; } = [Md5, Sha1, Sha224, .. Choices];

    public static HashKind? Find(string name) => All.FirstOrDefault(kind => kind.Name == name);

    /// <exception cref="ArgumentException">There is none of this name.</exception>
    public static HashKind Get(string name) => Find(name) ?? throw new ArgumentException($"There is no hash algorithm '{name}' here.", nameof(name));

    public string Name { get; }

    /// <summary>Bytes of the hash.</summary>
    public int Length { get; }

    /// <exception cref="PlatformNotSupportedException">The system's cryptography is too old.</exception>
    public RunningHash Begin() => _begin();

    /// <summary>The hash of what a stream still has, hexadecimal.</summary>
    public async Task<string> HashAsync(Stream data, CancellationToken ct)
    {
        using var hash = Begin();
        var buffer = new byte[SharedBlocks.BlockSize];
        for (int read; (read = await data.ReadAsync(buffer, ct)) > 0;)
            hash.Append(buffer.AsSpan(0, read));
        return Convert.ToHexStringLower(hash.End());
    }
}
