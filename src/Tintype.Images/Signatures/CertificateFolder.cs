using Microsoft.Extensions.Options;
using Org.BouncyCastle.Security.Certificates;
using Org.BouncyCastle.X509;

namespace Tintype.Images.Signatures;

/// <summary>The operator's folder of certificates: <c>{uuid}.pem</c> each, read when it is needed, so that one that is added or removed counts at once.</summary>
internal sealed class CertificateFolder(IOptions<SignatureOptions> options) : ICertificateSource
{
    // What is longer is no certificate, and must not fill the memory.
    private const long LargestFile = 64 * 1024;

    public async Task<X509Certificate?> FindAsync(string id, CancellationToken ct)
    {
        if (options.Value.SignatureCertificates is not { Length: > 0 } folder)
            throw new CertificateUnavailableException("This service has no certificates to verify signatures with; its operator can set Images:SignatureCertificates to a folder of them.");
        // Only as a UUID: the name is a client's, and becomes a part of a path.
        if (!Guid.TryParseExact(id, "D", out var uuid))
            return null;
        var file = new FileInfo(Path.Combine(folder, $"{uuid}.pem"));
        if (!file.Exists)
            return null;
        try
        {
            if (file.Length > LargestFile)
                throw new CertificateUnavailableException($"The file {file.Name} of the operator's certificates has {file.Length} bytes, more than a certificate has.");
            return new X509CertificateParser().ReadCertificate(await File.ReadAllBytesAsync(file.FullName, ct))
                ?? throw new CertificateUnavailableException($"The file {file.Name} of the operator's certificates has none in it.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or CertificateException)
        {
            throw new CertificateUnavailableException($"The file {file.Name} of the operator's certificates cannot be read as an X.509 certificate.", unreadable);
        }
    }
}
