using Microsoft.Extensions.Logging;
using Org.BouncyCastle.X509;
using Tintype.Images.Records;
using Tintype.Platform.Http;

namespace Tintype.Images.Signatures;

/// <summary>
/// The signatures of images, as OpenStack's clients make them and Nova verifies them again: the data's publisher signs its hash, and four
/// properties of the image say how, with the certificate's id among them.
/// </summary>
internal sealed class ImageSignatures(ICertificateSource certificates, ILogger<ImageSignatures> log)
{
    /// <summary>What the image's data is to be held against once its hash is known; null if the image is not a signed one.</summary>
    /// <exception cref="Fault">400: the properties are wrong, or the certificate cannot be had. The order is Glance's.</exception>
    public async Task<DueSignature?> PrepareAsync(ImageRecord image, CancellationToken ct)
    {
        if (SignatureClaim.Of(image.Properties) is not { } claim)
            return null;
        var signature = SignatureText.Decode(claim.Value) ?? throw Fault.SignatureUnverifiable(image.Id, "The signature data was not properly encoded using base64");
        var hash = SignatureHash.Find(claim.HashMethod) ?? throw Fault.SignatureUnverifiable(image.Id, $"Invalid signature hash method: {claim.HashMethod}",
            $"img_signature_hash_method is one of {SignatureHash.Names}.");
        if (!SignatureKey.IsKnown(claim.KeyType))
            throw Fault.SignatureUnverifiable(image.Id, $"Invalid signature key type: {claim.KeyType}", $"img_signature_key_type is one of {SignatureKey.Names}.");
        var certificate = await FindCertificateAsync(image.Id, claim.Certificate, ct);
        var key = certificate.GetPublicKey();
        if (!SignatureKey.IsOf(key, claim.KeyType))
            throw Fault.SignatureUnverifiable(image.Id, $"Invalid public key type for signature key type: {claim.KeyType}");
        if (signature.Length == 0)
            throw Fault.SignatureUnverifiable(image.Id, "Error occurred while creating the verifier", "img_signature is empty.");
        return new DueSignature(image.Id, claim, hash, key, signature);
    }

    private async Task<X509Certificate> FindCertificateAsync(Guid image, string id, CancellationToken ct)
    {
        try
        {
            return await certificates.FindAsync(id, ct) ?? throw Fault.SignatureUnverifiable(image, $"Certificate not found with ID: {id}");
        }
        catch (CertificateUnavailableException unavailable)
        {
            SignatureLog.CertificateUnavailable(log, unavailable, image, id);
            throw Fault.SignatureUnverifiable(image, $"Unable to retrieve certificate with ID: {id}", unavailable.Message, unavailable);
        }
    }
}
