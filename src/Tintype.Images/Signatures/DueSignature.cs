using Org.BouncyCastle.Crypto;
using Tintype.Images.Data.Hashing;
using Tintype.Platform.Http;

namespace Tintype.Images.Signatures;

/// <summary>The signature that an image's data is to have, with the key that verifies it.</summary>
/// <param name="claim">What the image says; the verdict holds for no other.</param>
internal sealed class DueSignature(Guid image, SignatureClaim claim, HashKind hash, AsymmetricKeyParameter key, byte[] signature)
{
    public SignatureClaim Claim { get; } = claim;

    /// <summary>What the data is to be hashed by.</summary>
    public HashKind Hash { get; } = hash;

    /// <param name="digest">The hash of the data, hexadecimal.</param>
    /// <exception cref="Fault">400.</exception>
    public void Verify(string digest)
    {
        if (!SignatureKey.Verifies(key, Hash, Convert.FromHexString(digest), signature))
            throw Fault.SignatureWrong(image);
    }
}
