using Org.BouncyCastle.X509;

namespace Tintype.Images.Signatures;

/// <summary>Where the certificates of those who sign images come from.</summary>
internal interface ICertificateSource
{
    /// <param name="id">As the image names it: whatever a client has written.</param>
    /// <returns>Null if there is none of the name.</returns>
    /// <exception cref="CertificateUnavailableException">Nobody can say, or what there is is no certificate.</exception>
    Task<X509Certificate?> FindAsync(string id, CancellationToken ct);
}

/// <summary>A certificate cannot be had; the message, a sentence, says what the operator can do about it.</summary>
internal sealed class CertificateUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
