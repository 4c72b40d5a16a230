using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using Tintype.Images.Data.Hashing;

namespace Tintype.Images.Signatures;

/// <summary>
/// Public keys of the types that OpenStack's image signatures know, and what a signature of each is:
/// RSASSA-PSS with MGF1 of the same hash and the longest salt that fits; DSA and ECDSA in DER.
/// </summary>
internal static class SignatureKey
{
    private static readonly string[] _curves =
    [
        "ECC_SECT571K1", "ECC_SECT409K1", "ECC_SECT571R1", "ECC_SECT409R1", "ECC_SECP521R1", "ECC_SECP384R1",
    ];

    public static string Names => string.Join(", ", _curves.Prepend("DSA").Prepend("RSA-PSS"));

    public static bool IsKnown(string type) => type is "RSA-PSS" or "DSA" || _curves.Contains(type, StringComparer.Ordinal);

    /// <summary>Whether the key is one of the type; of which curve it is, nobody asks, as in Glance.</summary>
    public static bool IsOf(AsymmetricKeyParameter key, string type) => type switch
    {
        "RSA-PSS" => key is RsaKeyParameters,
        "DSA" => key is DsaPublicKeyParameters,
        _ => key is ECPublicKeyParameters,
    };

    /// <param name="hash">Of the data.</param>
    public static bool Verifies(AsymmetricKeyParameter key, HashKind kind, byte[] hash, byte[] signature)
    {
        try
        {
            return key switch
            {
                RsaKeyParameters rsa => VerifiesPss(rsa, kind, hash, signature),
                DsaPublicKeyParameters dsa => Verifies(new DsaSigner(), dsa, dsa.Parameters.Q, hash, signature),
                ECPublicKeyParameters ec => Verifies(new ECDsaSigner(), ec, ec.Parameters.N, hash, signature),
                _ => false,
            };
        }
        // What is not even a signature: not DER, numbers beyond the key's, a key too short for the hash. Each step has exceptions of its own.
        catch (Exception malformed) when (malformed is ArgumentException or IOException or InvalidOperationException or ArithmeticException or CryptoException)
        {
            return false;
        }
    }

    private static bool VerifiesPss(RsaKeyParameters key, HashKind kind, byte[] hash, byte[] signature)
    {
        var encoded = (key.Modulus.BitLength - 1 + 7) / 8;
        var signer = PssSigner.CreateRawSigner(new RsaBlindedEngine(), Digest(kind), Digest(kind), encoded - kind.Length - 2, PssSigner.TrailerImplicit);
        signer.Init(forSigning: false, key);
        signer.BlockUpdate(hash, 0, hash.Length);
        return signer.VerifySignature(signature);
    }

    private static bool Verifies(IDsa algorithm, ICipherParameters key, BigInteger order, byte[] hash, byte[] signature)
    {
        var numbers = StandardDsaEncoding.Instance.Decode(order, signature);
        algorithm.Init(forSigning: false, key);
        return algorithm.VerifySignature(hash, numbers[0], numbers[1]);
    }

    private static IDigest Digest(HashKind kind) => kind.Length switch
    {
        28 => new Sha224Digest(),
        32 => new Sha256Digest(),
        48 => new Sha384Digest(),
        _ => new Sha512Digest(),
    };
}
